"""How often a stitched model gives each label: if its method says so, as often as the source's texts have it.

The texts that are counted are the language's unlabelled ones and those to learn from, without their labels;
where there are none, those to be labelled, also without.
"""

from collections.abc import Callable

import numpy as np
from transformers import PreTrainedModel

from mosecrot_core.learning.class_priors import Offsets, class_shares, prior_offsets
from mosecrot_core.learning.tasks.unlabelled import drawn
from mosecrot_core.runs.methods import Stitched
from mosecrot_core.runs.readers import target_reader
from mosecrot_core.runs.taught_models import encoded
from mosecrot_core.runs.unlabelled_pools import texts_at_hand
from mosecrot_core.runs.workbench import Workbench

_ENOUGH = 2_000  # texts: a label of a tenth is then met some 200 times


def label_offsets(
    bench: Workbench, reading: Callable[[], PreTrainedModel], language: str, name: str
) -> Offsets | None:
    """Return what a method adds to the logit of each label ``[C]``; none if it leaves them as they are.

    Args:
        bench: Inputs.
        reading: Gives the stitched model, over the words that the language's texts use.
        language: The target language.
        name: The method.
    """
    method = bench.experiment.methods[name]
    if not isinstance(method, Stitched) or not method.class_priors:
        return None
    head, reader = bench.head, target_reader(bench, language, name)
    learned = head.unit_labels(bench.corpus.get(bench.experiment.source.language, "train"))
    shares = class_shares(np.asarray(learned, np.int64), len(head.label_names))
    texts = [drawn(part, _ENOUGH) for part in texts_at_hand(bench, language)]
    model = reading()
    answers = [encoded(bench, reader, part).read(model, reader.tokenizer) for part in texts]
    return method.class_priors * prior_offsets(np.concatenate(answers), shares)
