"""Case: what a check is given. A picklable handle on settings, store and digests; it holds no model and no data."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from auditkit.batches import plan_key, take_inputs
from auditkit.capabilities import Sampling
from auditkit.caserows import CaseRows, P_co
from auditkit.columns import columns_in
from auditkit.continuing import log_chances
from auditkit.data.gathering import arrays_of
from auditkit.data.mapped import PIECE, release
from auditkit.dataset import SplitName
from auditkit.errors import NotApplicable, PluginError
from auditkit.evidence import evidence_key, importable_name
from auditkit.likelihoods import Likelihoods, weighed
from auditkit.looking import asked_for
from auditkit.other_models.private_training import trained_privately
from auditkit.other_models.retraining import Retrained, retrained
from auditkit.other_models.states import answers_at
from auditkit.predictions import Predictions
from auditkit.redacting import Personal, personal_in, redacted

if TYPE_CHECKING:
    from auditkit.soundness import SoundRows

P = TypeVar("P", bound=Predictions)
R = TypeVar("R")
C = TypeVar("C")

CHUNK = PIECE
"""Rows a chunk, for checks that stream."""


@dataclass(frozen=True)
class Case(CaseRows[P_co]):
    """One split of the data with the model's predictions, as a check sees it.

    What it says of its rows is `caserows`; here are its name, its other splits, the ways to go through it, and what is
    costly.
    """

    @property
    def key(self) -> str:
        """A digest of everything that this case's numbers can depend on, but the check."""
        return evidence_key(
            "case",
            split=self.split,
            keys={name: list(pair) for name, pair in self.keys.items()},
            settings=repr(self.settings),
            rows=self.rows_name,
            conditions=dict(self.conditions),
        )

    @property
    def rows_name(self) -> str:
        """Names which rows of the split it is on."""
        if self.rows is None or isinstance(self.rows, slice):
            return "all" if self.rows is None else str(self.rows)
        return hashlib.sha256(np.ascontiguousarray(self.rows).tobytes()).hexdigest()

    def rng(self, name: str) -> np.random.Generator:
        """Random numbers that depend on the audit's seed, the check and `name`, and on nothing else that ran."""
        seed = hashlib.sha256(f"{self.settings.seed}\0{self.identity}\0{name}".encode()).digest()
        return np.random.default_rng(int.from_bytes(seed[:16], "big"))

    # Other splits.

    @property
    def training(self) -> Case[P_co]:
        """The members: the same case on the rows that the model was trained on.

        Raises:
            NotApplicable: the spec names no training rows.
        """
        return self._other("training", 'name the rows that the model was trained on: [data] training = "train.csv"')

    @property
    def reference(self) -> Case[P_co]:
        """The same case on the population that the audit rows must represent.

        Raises:
            NotApplicable: the spec names none.
        """
        return self._other("reference", 'name the population: [data] reference = "population.csv"')

    @property
    def canaries(self) -> Case[P_co]:
        """The same case on rows of which each was put into the training data by a coin, or left out: see `included`.

        Raises:
            NotApplicable: the spec names no key of canaries.
        """
        return self._other(
            "canaries", 'make them before training: auditkit canaries SPEC; then [data] canaries = "..."'
        )

    @property
    def audit(self) -> Case[P_co]:
        """The same case on the rows that are judged: the way back from `training` or `reference`."""
        return self._other("audit", "")

    @property
    def by_reference(self) -> Case[P_co]:
        """The same rows with what the reference model says of them: `predictions` and `likelihoods` are its.

        A check asks inside what it gives to `compute`, so that a replay, which has no model to ask, can do without.

        Raises:
            NotApplicable: the spec names no reference model.
        """
        if not self.settings.reference_model:
            hint = 'a model of the same kind that was trained on other rows: [model] reference_model = "other"'
            raise NotApplicable("the spec names no reference model", hint=hint)
        # The keys of the rows go by which reference it is, those of predictions by the model.
        keys = {
            name: (rows, evidence_key("by the reference", rows=rows, predictions=said))
            for name, (rows, said) in self.keys.items()
        }
        return replace(self, keys=keys, broker=self.broker.of_reference(), _kept={}, _whole={})

    def _other(self, split: SplitName, hint: str) -> Case[P_co]:
        if split not in self.keys:
            raise NotApplicable("the data have no {split} rows", hint=hint, split=split)
        if self.looked is not None:
            self.looked.splits.add(split)
        return replace(self, split=split, rows=None, _kept={}, _whole={})

    # Ways to go through it.

    def narrowed(self, rows: slice | npt.NDArray[np.int64]) -> Case[P_co]:
        """The same case on some of its rows."""
        if self.rows is not None:
            whole = replace(self, rows=None, _kept={})
            rows = np.arange(len(whole), dtype=np.int64)[self.rows][rows]
        return replace(self, rows=rows, _kept={})

    def chunks(self, size: int = CHUNK) -> Iterator[Case[P_co]]:
        """The case in pieces of at most `size` rows, in order.

        What was read of one from a file is given back when the next is asked for, so that memory does not grow.
        """
        for start in range(0, len(self), size):
            yield self.narrowed(slice(start, min(start + size, len(self))))
            # Only what was read: there may be no predictions to look at, as in a replay of texts.
            said = self._whole.get("predictions")
            release(*(array for _, array in arrays_of(said)) if said is not None else ())
            release(*columns_in(self._whole.get("columns", {})))

    def reduce(self, step: Callable[[Case[P_co]], R], merge: Callable[[R, R], R], *, size: int = CHUNK) -> R:
        """`merge` over what `step` makes of each chunk; `merge` must not care about the order."""
        return functools.reduce(merge, (step(chunk) for chunk in self.chunks(size)))

    def shared(self, name: str) -> Case[P_co]:
        """The same rows for all checks that ask under this name: what one of them computed, the others have.

        Random numbers follow from the name then, and not from the check and its options.
        """
        return replace(self, identity=name)

    # Anything costly.
    def predict(self, inputs: Any, conditions: Mapping[str, str], *, batch_size: int | None = None) -> P_co:
        """What the model says about other inputs, under a name for what was done to them.

        Kept in the store by the conditions and the digest of the inputs.

        Args:
            inputs: rows, as the model is given them.
            conditions: what was done to them; another name has the same rows asked anew.
            batch_size: how many are asked together; None: as many as when the split itself was predicted.
        """
        from auditkit.data.reader import inputs_digest

        about = dict(conditions) if batch_size is None else {**conditions, "batch size": str(batch_size)}
        key = evidence_key("prediction", of=self.keys[self.split][1], conditions=about, inputs=inputs_digest(inputs))
        return cast("P_co", self.store.remember(key, lambda: self._predict_anew(inputs, batch_size)))

    def predict_sound(
        self, inputs: Any, conditions: Mapping[str, str], *, batch_size: int | None = None
    ) -> SoundRows[P_co]:
        """As `predict`, for a check that looks at what a model makes of inputs that it was not made for.

        Where an answer is none, because a number of it is missing, infinite or out of its range, `predict` refuses
        all; here that row is left out, and the check says so.
        """
        from auditkit.data.reader import inputs_digest
        from auditkit.soundness import SoundRows

        about = dict(conditions) if batch_size is None else {**conditions, "batch size": str(batch_size)}
        came_from = {"of": self.keys[self.split][1], "conditions": about, "inputs": inputs_digest(inputs)}

        def anew() -> dict[str, Any]:
            found = self.broker.predict_sound(inputs, batch_size=self._batch_of(batch_size))
            return {"said": found.predictions, "rows": found.rows}

        found = self.store.remember(evidence_key("sound predictions", **came_from), anew)
        return SoundRows(cast("P_co", found["said"]), found["rows"])

    def _predict_anew(self, inputs: Any, batch_size: int | None) -> Predictions:
        """In batches of the size that the split's own plan has: it fits, and a re-run finds the same."""
        return self.broker.predict(inputs, batch_size=self._batch_of(batch_size))

    def _batch_of(self, wanted: int | None) -> int | None:
        plan = plan_key(self.keys[self.split][1])
        return self.store.get(plan).batch_size if wanted is None and plan in self.store else wanted

    def model_that(self, capability: type[C]) -> C:
        """The opened model, as one that has a capability: `case.model_that(Differentiable).encoded(rows)`.

        A check asks inside what it gives to `compute`, so that a re-run opens no model.

        Raises:
            NotApplicable: it has not, and why.
        """
        return self.broker.model_that(capability)

    def retrained(self, taught: npt.NDArray[np.bool_], seeds: Sequence[int]) -> Iterator[Retrained[P_co]]:
        """What models say that are trained anew on some of the rows, one model after another.

        A check asks inside what it gives to `compute`, a few models at a time, so that what was trained is kept.

        Args:
            taught: [k, m + n], which of the m training rows and then of the n audit rows each new model is taught.
            seeds: [k], from each of which a new model's random numbers come.

        Raises:
            NotApplicable: the model cannot be trained anew, and why.
        """
        return retrained(self.broker, taught, seeds)

    def at_checkpoint(self, name: str) -> P_co:
        """What an earlier state of the model says of these rows: one of `settings.checkpoints`, which the spec names.

        A check asks inside what it gives to `compute`, whose answer is then kept by the digest of the state's files.

        Raises:
            ModelError: there is none of this name, or it cannot be opened.
        """
        return cast("P_co", answers_at(self.broker, name, self.inputs))

    def trained_privately(self, *, epsilon: float, delta: float, seed: int) -> Retrained[P_co]:
        """What the model would say of all rows had it been trained on the training rows with differential privacy.

        A check asks inside what it gives to `compute`, so that it is trained once.

        Raises:
            NotApplicable: it cannot be trained so, and why.
        """
        return trained_privately(self.broker, epsilon=epsilon, delta=delta, seed=seed)

    @property
    def embeddings(self) -> npt.NDArray[np.floating]:
        """[n, d]: the vector that the model makes of each row before it answers; computed once for all checks.

        Of a case that is narrowed to single rows the model embeds these alone; of a chunk, all rows of the split.

        Raises:
            NotApplicable: the model embeds nothing.
        """
        if isinstance(rows := self.rows, np.ndarray):
            key = evidence_key("embeddings", of=self.keys[self.split][1], rows=self.rows_name)
            return cast(
                "npt.NDArray[np.floating]", self.store.remember(key, lambda: self._embedded(self._for_model(rows)))
            )
        key = evidence_key("embeddings", of=self.keys[self.split][1])
        made = self.store.remember(key, lambda: self._embedded(self.broker.rows_for_model(self.split)))
        whole = cast("npt.NDArray[np.floating]", made)
        return whole if self.rows is None else whole[self.rows]

    def _for_model(self, rows: npt.NDArray[np.int64]) -> Any:
        return take_inputs(self.broker.rows_for_model(self.split), rows)

    def _embedded(self, inputs: Any) -> npt.NDArray[np.floating]:
        plan = plan_key(self.keys[self.split][1])
        size = self.store.get(plan).batch_size if plan in self.store else None
        return self.broker.embed(inputs, batch_size=size)

    def likelihoods(self, texts: Sequence[str], before: Sequence[str] | None = None) -> Likelihoods:
        """How likely the model finds the tokens of texts, such as the rows' own; the same texts are weighed once.

        A check asks inside what it gives to `compute`, so that a replay, which has no model to ask, can do without.

        Args:
            texts: read as they stand, without a template.
            before: of each text what comes before it, and is not weighed itself; None: nothing.

        Raises:
            NotApplicable: the model tells no likelihood of given texts, and why.
        """
        given = hashlib.sha256()
        for text in (*texts, "", *(before or ())):
            given.update(f"{len(text)}\0{text}".encode("utf-8", errors="surrogatepass"))
        # By the model, which the predictions' key names, whatever rows the texts are of.
        key = evidence_key("likelihoods", of=self.keys["audit"][1], texts=given.hexdigest())
        return Likelihoods(**self.store.remember(key, lambda: vars(weighed(self.broker, texts, before))))

    def log_chances(
        self, inputs: Any, texts: Sequence[str], sampling: Sampling | None = None
    ) -> npt.NDArray[np.float64]:
        """[n]: ln of the chance that the model's answer to each row begins with exactly this text; asked once.

        A check asks inside what it gives to `compute`, so that a replay, which has no model to ask, can do without.

        Args:
            inputs: rows, which are prompted as the audit's are.
            texts: [n].
            sampling: how answers are drawn; None: at temperature 1, of all tokens.

        Raises:
            NotApplicable: the model does not tell, and why.
        """
        from auditkit.data.reader import inputs_digest

        how = sampling or Sampling()
        # By the model, which the predictions' key names, whatever rows the texts are of.
        of, given = self.keys["audit"][1], inputs_digest(list(texts))
        key = evidence_key("log chances", of=of, inputs=inputs_digest(inputs), texts=given, how=repr(how))
        found = self.store.remember(key, lambda: log_chances(self.broker, inputs, texts, how))
        return cast("npt.NDArray[np.float64]", found)

    def personal_in(self, text: str) -> tuple[Personal, ...]:
        """Where personal data stand in a text, by the recognisers of all plugins: in order, without overlaps.

        A check that shows a text of a row, which `settings.examples` must allow, takes these places out of it first.

        Raises:
            NotApplicable: no plugin offers recognisers, so that nobody would know.
        """
        if not self.broker.recognisers:
            raise NotApplicable(
                "no plugin that is loaded recognises personal data, and an example is not shown without",
                hint='auditkit itself has one that does: [plugins] allow = ["auditkit", ...]',
            )
        return personal_in(text, self.broker.recognisers)

    def redacted(self, text: str) -> str:
        """The text with everything that `personal_in` finds replaced by its kind in brackets.

        Raises:
            NotApplicable: no plugin offers recognisers.
        """
        return redacted(text, self.personal_in(text))

    def compute(self, function: Callable[..., R], **parameters: Any) -> R:
        """`function(case, **parameters)`, once: kept by its importable name, all code it rests on, and its parameters.

        An array of one number, or one yes or no, a row goes into the bundle's rows too, so that a replay, which has no
        inputs and no texts, can do without them: let it say no more of a person than the check needs.

        Raises:
            PluginError: the function cannot be imported by name (a lambda, one inside another, a bound method), or a
                parameter is no JSON value, so that nothing could name what was computed.
        """
        from auditkit.hosting.surroundings import code_of

        name = importable_name(function)
        try:
            key = evidence_key(
                "compute",
                function=name,
                code=code_of(function.__module__),
                parameters=parameters,
                case=self.key,
                identity=self.identity,
            )
        except ValueError as error:
            raise PluginError(
                f"compute of '{name}' was given a parameter that names nothing: {error}",
                hint="give it numbers, texts, and lists or dicts of them; arrays are had from the case",
            ) from error
        asked = asked_for(self, name, parameters)
        answer = self.store.remember(key, lambda: self.broker.computed(asked, self, function, parameters))
        if self.looked is not None:
            self.looked.note(self, asked, name, key, answer)
        return cast("R", answer)
