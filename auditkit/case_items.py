"""What a case of rankings says of items: which are barred for its users, and what those of the catalogue are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit.errors import NotApplicable

if TYPE_CHECKING:
    from auditkit.case_settings import CaseSettings
    from auditkit.compute import Broker
    from auditkit.data.items import ItemGroups


class RowsOfUsers:
    """The part of `CaseRows` that only recommendations have."""

    settings: CaseSettings
    broker: Broker
    split: Any
    rows: slice | npt.NDArray[np.int64] | None

    @property
    def barred(self) -> npt.NDArray[np.object_]:
        """[n, width]: the items that must not be recommended to each user; None where fewer are barred.

        Evidence never holds them, for what is barred for somebody tells of their illness: let `compute` make numbers.

        Raises:
            NotApplicable: the spec names no contraindications.
        """
        if not self.settings.contraindications:
            hint = 'name the table: [data] contraindications = "contraindications.csv"'
            raise NotApplicable("the spec names no contraindications", hint=hint)
        found = self.broker.split(self.split).barred
        if found is None:
            raise NotApplicable("nobody says what is barred for the users of the {split} rows", split=self.split)
        return found if self.rows is None else found[self.rows]

    @property
    def item_groups(self) -> ItemGroups:
        """What each item of the catalogue is; evidence holds the labels alone, see `settings.item_groups`.

        Raises:
            NotApplicable: the spec names no attributes of items.
        """
        if not self.settings.item_groups:
            hint = 'name the table and its columns: [data] items = "items.csv", item_groups = ["kind"]'
            raise NotApplicable("the spec names no attributes of items", hint=hint)
        found = self.broker.split(self.split).item_groups
        if found is None:
            raise NotApplicable("nobody says what the items of the {split} rows are", split=self.split)
        return found
