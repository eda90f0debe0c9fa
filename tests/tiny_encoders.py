"""Random encoders of six architectures with matching tokenizers, small enough to build in a test."""

from dataclasses import dataclass

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    DistilBertConfig,
    ElectraConfig,
    MPNetConfig,
    PretrainedConfig,
    PreTrainedTokenizerFast,
    RobertaConfig,
    XLMRobertaConfig,
)

WORDS = "the a dog cat house red runs sleeps under near old city sings bread warm river".split()  # noqa: SIM905
ARCHITECTURES = ("bert", "distilbert", "electra", "roberta", "xlm-roberta", "mpnet")

_BODY = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
    # Far from the usual 0.02: a wrong row must show in the logits.
    "initializer_range": 1.0,
}


@dataclass(frozen=True)
class TinyEncoder:
    architecture: str
    config: PretrainedConfig
    tokenizer: PreTrainedTokenizerFast

    def model(self, auto_class, seed=0):
        torch.manual_seed(seed)
        return auto_class.from_config(self.config).eval()

    def save(self, auto_class, folder):
        self.model(auto_class).save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)
        return folder

    def sentence(self, words):
        """Text in which the source tokenizer reads every word as one inside a sentence."""
        return (" " if self.architecture == "roberta" else "") + " ".join(words)


def tiny_encoder(architecture):
    if architecture in ("bert", "distilbert", "electra"):
        tokenizer = bert_tokenizer()
    elif architecture == "mpnet":
        tokenizer = wordpiece_tokenizer(["<s>", "<pad>", "</s>", "[UNK]"], "<s> $A </s>", mask="<mask>")
    elif architecture == "roberta":
        tokenizer = byte_level_tokenizer()
    else:
        tokenizer = sentencepiece_tokenizer()
    return TinyEncoder(architecture, _config(architecture, tokenizer), tokenizer)


def bert_tokenizer(words=WORDS):
    return wordpiece_tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], "[CLS] $A [SEP]", words=words)


def wordpiece_tokenizer(front, template, mask="[MASK]", words=WORDS):
    """Special tokens in front except the mask, then pieces, then words, as bert-base-uncased has them."""
    pieces = [
        "[unused0]",
        *"abcdefghijklmnoprstuvwy",
        "##s",
        "##ing",
        *(f"##{c}" for c in "abdeghlnorstu"),
        ",",
    ]
    tokens = list(dict.fromkeys([*front, *pieces, *words, mask]))
    start, _, end = template.split()
    backend = Tokenizer(models.WordPiece({t: i for i, t in enumerate(tokens)}, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    double = start == "<s>"
    backend.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}",
        pair=f"{start} $A {end} {end} $B {end}" if double else f"{start} $A {end} $B:1 {end}:1",
        special_tokens=[(start, tokens.index(start)), (end, tokens.index(end))],
    )
    roles = {
        "cls_token": start,
        "sep_token": end,
        "pad_token": front[1] if double else front[0],
        "mask_token": mask,
    }
    # As BertTokenizer, which serves all of these: token types even for architectures that have none.
    inputs = ["input_ids", "token_type_ids", "attention_mask"]
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="[UNK]", model_max_length=1000, model_input_names=inputs, **roles
    )


def byte_level_tokenizer():
    """RoBERTa's: `Ġword` inside a sentence, special tokens <s> <pad> </s> <unk>, <mask> last."""
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    merges = []
    for word in WORDS:
        left = "Ġ"
        for letter in word:
            merges.append((left, letter))
            left += letter
            vocabulary.append(left)
    merges = list(dict.fromkeys(merges))
    vocabulary = list(dict.fromkeys([*vocabulary, "<mask>"]))
    backend = Tokenizer(models.BPE({t: i for i, t in enumerate(vocabulary)}, merges, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return _roberta_roles(backend)


def sentencepiece_tokenizer():
    """XLM-R's: Unigram, `▁word`, special tokens <s> <pad> </s> <unk>, <mask> last."""
    words = [f"▁{word}" for word in [*WORDS, "The"]]
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁", *"abcdefghijklmnoprstuvwyT,.", *words]
    scores = [(piece, -1.0 if len(piece) > 1 else -10.0) for piece in [*pieces, "<mask>"]]
    backend = Tokenizer(models.Unigram(scores, unk_id=3))
    backend.normalizer = normalizers.Replace(Regex(" {2,}"), " ")
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    backend.decoder = decoders.Metaspace()
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return _roberta_roles(backend)


def _roberta_roles(backend):
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_input_names=["input_ids", "attention_mask"],
    )


def _config(architecture, tokenizer):
    classes = {
        "bert": BertConfig,
        "electra": ElectraConfig,
        "roberta": RobertaConfig,
        "xlm-roberta": XLMRobertaConfig,
        "mpnet": MPNetConfig,
    }
    size = {
        "vocab_size": len(tokenizer),
        "max_position_embeddings": 40,
        "pad_token_id": tokenizer.pad_token_id,
    }
    if architecture == "distilbert":
        body = {
            "dim": 16,
            "n_layers": 2,
            "n_heads": 2,
            "hidden_dim": 32,
            "dropout": 0.0,
            "attention_dropout": 0.0,
        }
        return DistilBertConfig(**body, **size, initializer_range=1.0, num_labels=3)
    special = {"embedding_size": 8} if architecture == "electra" else {}
    if architecture in ("roberta", "xlm-roberta"):
        special = {"type_vocab_size": 1, "bos_token_id": 0, "eos_token_id": 2}
    return classes[architecture](**_BODY, **size, **special, num_labels=3)
