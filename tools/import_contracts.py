"""An import-linter contract: one package may reach another only through a named few modules."""

from __future__ import annotations

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
        allowed: list[str] = list(self.allowed)  # type: ignore[call-overload]
        return any(module == name or module.startswith(f"{name}.") for name in allowed)

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line an import that should not be there."""
        for importer, imported in check.metadata["wrong"]:
            output.print_error(f"{importer} must not import {imported}.")
