"""Kinds of import-linter contracts that it does not have itself."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class ReachesOnly(Contract):
    """Modules of `source` import nothing of the package `within` but the `allowed` modules.

    A list of what is forbidden would let every new module through; this lets none through. What an allowed
    module imports in its turn is that module's affair.
    """

    type_name = "reaches_only"

    source = fields.StringField()
    within = fields.StringField()
    allowed = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002
        """Look at every direct import of the source package."""
        source = str(self.source)
        wrong = sorted(
            (importer, imported)
            for importer in {source, *graph.find_descendants(source)}
            for imported in graph.find_modules_directly_imported_by(importer)
            if imported.startswith(f"{self.within}.") and not self._may_reach(imported)
        )
        return ContractCheck(kept=not wrong, metadata={"wrong": wrong})

    def _may_reach(self, module: str) -> bool:
        return within(module, list(self.allowed))  # type: ignore[call-overload]

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line an import that should not be there."""
        render(check)


class ReachedOnlyBy(Contract):
    """Nothing imports the packages `targets` but what lies in them, and the `importers` with what lies in those."""

    type_name = "reached_only_by"

    targets = fields.ListField(subfield=fields.StringField())
    importers = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002
        """Look at every direct import of the packages."""
        targets: list[str] = list(self.targets)  # type: ignore[call-overload]
        importers: list[str] = list(self.importers)  # type: ignore[call-overload]
        wrong = sorted(
            (importer, imported)
            for target in targets
            for imported in {target, *graph.find_descendants(target)}
            for importer in graph.find_modules_that_directly_import(imported)
            if not within(importer, (target, *importers))
        )
        return ContractCheck(kept=not wrong, metadata={"wrong": wrong})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line an import that should not be there."""
        render(check)


class SaysPure(Contract):
    """A module that says "Pure", or whose package does, imports none of the `forbidden` packages itself."""

    type_name = "says_pure"

    forbidden = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002
        """Look at every direct import of the modules that say so, and that there are some."""
        forbidden: list[str] = list(self.forbidden)  # type: ignore[call-overload]
        pure = [module for module in graph.modules if says_pure(module)]
        wrong = sorted(
            (importer, imported)
            for importer in pure
            for imported in graph.find_modules_directly_imported_by(importer)
            if within(imported, forbidden)
        )
        return ContractCheck(kept=bool(pure) and not wrong, metadata={"wrong": wrong})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line an import that should not be there."""
        render(check)


def says_pure(module: str) -> bool:
    """Say whether the docstring of a module of this project says that it is pure, or that of a package around it."""
    names = module.split(".")
    around = [Path(*names[:depth], "__init__.py") for depth in range(1, len(names) + 1)]
    return any("Pure" in docstring(path) for path in [*around, Path(*names).with_suffix(".py")])


def docstring(path: Path) -> str:
    """Return a file's docstring, empty if it has none or there is no such file."""
    return (ast.get_docstring(ast.parse(path.read_text())) or "") if path.exists() else ""


def within(module: str, packages: Iterable[str]) -> bool:
    """Say whether a module is one of some packages, or lies in one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def render(check: ContractCheck) -> None:
    """Print one line an import that should not be there."""
    for importer, imported in check.metadata["wrong"]:
        output.print_error(f"{importer} must not import {imported}.")
