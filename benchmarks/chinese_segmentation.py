"""How well does a vector file's vocabulary segment Chinese? Word boundaries against jieba, coverage, length.

    python benchmarks/chinese_segmentation.py ../shared/data/vectors/zh.bin.gz

The reference, jieba with its own dictionary, is itself no gold standard: it shows agreement, not truth.
"""

import argparse
import gzip
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import jieba
import pandas as pd
from tokenizers import Regex, Tokenizer, models, pre_tokenizers

from mosecrot_core.mapping.target_vocabulary import TargetVocabulary
from mosecrot_core.mapping.tokenizer import target_model
from mosecrot_core.words.vectors import WordVectors

UNKNOWN = "[UNK]"
Span = tuple[int, int]


def main() -> None:
    """Print one row per way to segment."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("vectors", type=Path, help="Chinese word vectors, any format that WordVectors reads")
    shared = Path(__file__).parents[2] / "shared/data"
    parser.add_argument("--data", type=Path, default=shared, help="holds sib200/zho_Hans and ntrex")
    arguments = parser.parse_args()
    vocabulary = TargetVocabulary.from_words(WordVectors.load(arguments.vectors).words, language="zh")
    texts = [vocabulary.segmentation.normalise(text) for text in read_texts(arguments.data)]
    jieba.setLogLevel("ERROR")
    reference = [[(start, end) for _, start, end in jieba.tokenize(text)] for text in texts]
    print(f"{len(vocabulary.entries):,} entries ({vocabulary.skipped:,} skipped), {len(texts):,} sentences")
    ways: dict[str, Callable[[TargetVocabulary], Tokenizer]] = {
        "fewest words (ours)": fewest_words,
        "Zipf unigram": zipf_unigram,
        "greedy longest match": greedy,
        "greedy, rare characters' words first": greedy_rare_first,
    }
    rows = {name: score(build(vocabulary), texts, reference) for name, build in ways.items()}
    known = set(vocabulary.entries)
    words = [
        t[start:end]
        for t, spans in zip(texts, reference, strict=True)
        for start, end in spans
        if t[start:end].strip()
    ]
    rows["jieba's words"] = {
        "coverage": sum(word in known for word in words) / len(words),
        "tokens/sentence": len(words) / len(texts),
    }
    print(pd.DataFrame(rows).T.to_string(float_format="{:.3f}".format, na_rep=""))


def read_texts(data: Path) -> list[str]:
    """Read the sentences of SIB-200 and NTREX."""
    texts = []
    for path in sorted((data / "sib200/zho_Hans").glob("*.tsv")):
        texts += [line.split("\t")[2] for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    with gzip.open(data / "ntrex/ref.zho-CN.txt.gz", "rt", encoding="utf-8") as file:
        return texts + [line.strip() for line in file]


def fewest_words(vocabulary: TargetVocabulary) -> Tokenizer:
    """Build what `build_tokenizer` builds, without special tokens."""
    ids = {entry: i for i, entry in enumerate([UNKNOWN, *vocabulary.entries])}
    return _with_pre_tokenizer(target_model(vocabulary, ids, UNKNOWN), vocabulary)


def zipf_unigram(vocabulary: TargetVocabulary) -> Tokenizer:
    """Score each entry by its probability under Zipf's law instead of counting words."""
    scores = [
        (entry, -math.log(rank + 1)) for entry, rank in zip(vocabulary.entries, vocabulary.ranks, strict=True)
    ]
    model = models.Unigram([(UNKNOWN, -20.0), *scores], unk_id=0)
    return _with_pre_tokenizer(model, vocabulary)


def greedy(vocabulary: TargetVocabulary) -> Tokenizer:
    """WordPiece without a prefix: one character without an entry loses the whole clause."""
    return _with_pre_tokenizer(_wordpiece(vocabulary), vocabulary)


def greedy_rare_first(vocabulary: TargetVocabulary) -> Tokenizer:
    """Cut out, before WordPiece, all entries that hold a character which is no entry by itself."""
    single = {entry for entry in vocabulary.entries if len(entry) == 1}
    bound = [entry for entry in vocabulary.entries if not single.issuperset(entry)]
    escaped = [f"\\{c}" if c.isascii() and not c.isalnum() else c for c in sorted(single)]
    longest_first = sorted((entry for entry in bound if entry.isalnum()), key=len, reverse=True)
    pattern = f"(?:{'|'.join(longest_first)})|[^{''.join(escaped)}]"
    tokenizer = _with_pre_tokenizer(_wordpiece(vocabulary), vocabulary)
    rare = pre_tokenizers.Split(Regex(pattern), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([vocabulary.segmentation.pre_tokenizer, rare])
    return tokenizer


def score(
    tokenizer: Tokenizer, texts: Sequence[str], reference: Sequence[Sequence[Span]]
) -> dict[str, float]:
    """Compare words that hold a Chinese character with the reference, by start and end."""
    started = time.perf_counter()
    encoded = tokenizer.encode_batch(list(texts))
    seconds = time.perf_counter() - started
    found = expected = agreed = unknown = lost = chinese = tokens = 0
    for text, encoding, spans in zip(texts, encoded, reference, strict=True):
        ours, theirs = (_chinese_spans(text, s) for s in (encoding.offsets, spans))
        found, expected, agreed = found + len(ours), expected + len(theirs), agreed + len(ours & theirs)
        blanks = [
            span
            for span, token in zip(encoding.offsets, encoding.tokens, strict=True)
            if tokenizer.token_to_id(token) in (None, 0)
        ]
        unknown, tokens = unknown + len(blanks), tokens + len(encoding)
        lost += sum(_is_chinese(c) for start, end in blanks for c in text[start:end])
        chinese += sum(map(_is_chinese, text))
    return {
        "precision": agreed / found,
        "recall": agreed / expected,
        "F1": 2 * agreed / (found + expected),
        "coverage": 1 - unknown / tokens,
        "characters lost": lost / chinese,
        "tokens/sentence": tokens / len(texts),
        "seconds": seconds,
    }


def _wordpiece(vocabulary: TargetVocabulary) -> models.WordPiece:
    ids = {entry: i for i, entry in enumerate([UNKNOWN, *vocabulary.entries])}
    return models.WordPiece(
        ids, unk_token=UNKNOWN, continuing_subword_prefix="", max_input_chars_per_word=1000
    )


def _with_pre_tokenizer(model: models.Model, vocabulary: TargetVocabulary) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = vocabulary.segmentation.pre_tokenizer
    return tokenizer


def _chinese_spans(text: str, spans: Sequence[Span]) -> set[Span]:
    return {(start, end) for start, end in spans if any(map(_is_chinese, text[start:end]))}


def _is_chinese(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


if __name__ == "__main__":
    main()
