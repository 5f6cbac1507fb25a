"""Words of the BIP-39 list that no code hands to a visitor: of harm, crime, illness, blame and weapons."""

from __future__ import annotations

_WORDS = """
abandon abuse accident accuse addict afraid alcohol alone anger angry anxiety army arrest assault attack awful
bitter blame bleak blind blood bomb broken bullet burden cannon cigar crack crash crazy crime cruel crush cry damage
danger debris demise denial deny depend despair destroy detect dirt disease disorder dizzy dose dumb enemy evidence
evil exhaust exile expire fat fatal fatigue fault fragile ghost gloom grief guard guilt gun harsh hazard high horror
hospital hurt ice ill illegal illness inflict inhale inject injury inmate insane jealous judge junk knife lawsuit
lazy liar lonely mad misery mistake monster naive nasty negative panic patient patrol pig pill pipe pistol police
poverty powder prison problem punch regret reject rifle risk sad sadness scare sheriff shock shoot shove sick siege
slab slam smoke snake speed spike spy stuff suffer suspect swear sword symptom target tobacco tragic trap trash
trigger trouble ugly unfair unhappy useless vicious virus warfare waste weapon weird wine witness worry wreck wrong
"""

AWKWARD: frozenset[str] = frozenset(_WORDS.split())
"""They are 8 % of the list. A code with one of them is drawn again; typed in, it would be as good as any other."""
