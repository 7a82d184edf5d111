"""What a film has cost, including what other clones that rendered it have spent.

A clone has rows for what the manifest shows, and a single total in it for the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

from storyboard.money import MAX_MICROS
from storyboard.names import SANDBOX
from storyboard.planning.spending import Spending, cost_of_submission, sum_spending
from storyboard.project.manifests import has_other_manifest, read_manifests
from storyboard.project.workspace import Workspace
from storyboard.records import Submission
from storyboard.state.queries import read_spent_elsewhere


def spent_elsewhere(
    space: Workspace, known: Sequence[Submission], recorded: int, *, is_foreign: bool
) -> int:
    """What was spent on submissions not among `known`, in micros: never less than `recorded`.

    `known` are all submissions of the state file and of the manifest, which is another
    clone's if `is_foreign`. Of two sides of a merge, the higher total counts.
    """
    if not is_foreign or space.origin == SANDBOX:
        return recorded
    from storyboard.outputs.manifest.manifest import total_spent

    here = sum(cost_of_submission(one) or 0 for one in known)
    found = max([recorded, *(total_spent(one) - here for one in read_manifests(space))])
    return min(found, MAX_MICROS)  # as much as a state file and a manifest may say


def read_spending(space: Workspace, known: Sequence[Submission]) -> Spending:
    """What the film has cost, as far as this clone knows; nothing in the sandbox. Takes no lock."""
    if space.origin == SANDBOX:
        return Spending()
    recorded = read_spent_elsewhere(space.state)
    is_foreign = has_other_manifest(space.folder, space.state)
    elsewhere = spent_elsewhere(space, known, recorded, is_foreign=is_foreign)
    return sum_spending(known, elsewhere=elsewhere)
