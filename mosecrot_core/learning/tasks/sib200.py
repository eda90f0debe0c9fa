"""SIB-200: topics of FLORES-200 sentences in 205 languages, the same sentences in each.

Adelani et al., "SIB-200: A Simple, Inclusive, and Big Evaluation Dataset for Topic Classification in 200+
Languages and Dialects" (EACL 2024), https://huggingface.co/datasets/Davlan/sib200, CC BY-SA 4.0. 701 train,
99 dev and 204 test sentences a language. The source reports accuracy.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Literal

from mosecrot_core.learning.tasks.published import (
    SPLIT_NAMES,
    LabelledText,
    Layout,
    PublishedTask,
    hub_layouts,
    numbered,
)
from mosecrot_core.learning.tasks.tables import Form, checked_text, label_number, read_rows

_CODES = """
af afr_Latn, ak aka_Latn, am amh_Ethi, ar arb_Arab, as asm_Beng, ay ayr_Latn, az azj_Latn, ba bak_Cyrl,
be bel_Cyrl, bg bul_Cyrl, bm bam_Latn, bn ben_Beng, bo bod_Tibt, bs bos_Latn, ca cat_Latn, cs ces_Latn,
cy cym_Latn, da dan_Latn, de deu_Latn, dz dzo_Tibt, ee ewe_Latn, el ell_Grek, en eng_Latn, eo epo_Latn,
es spa_Latn, et est_Latn, eu eus_Latn, fa pes_Arab, ff fuv_Latn, fi fin_Latn, fj fij_Latn, fo fao_Latn,
fr fra_Latn, ga gle_Latn, gd gla_Latn, gl glg_Latn, gn grn_Latn, gu guj_Gujr, ha hau_Latn, he heb_Hebr,
hi hin_Deva, hr hrv_Latn, ht hat_Latn, hu hun_Latn, hy hye_Armn, id ind_Latn, ig ibo_Latn, is isl_Latn,
it ita_Latn, ja jpn_Jpan, jv jav_Latn, ka kat_Geor, kk kaz_Cyrl, km khm_Khmr, kn kan_Knda, ko kor_Hang,
ku kmr_Latn, ky kir_Cyrl, lb ltz_Latn, lg lug_Latn, ln lin_Latn, lo lao_Laoo, lt lit_Latn, lv lvs_Latn,
mg plt_Latn, mi mri_Latn, mk mkd_Cyrl, ml mal_Mlym, mn khk_Cyrl, mr mar_Deva, ms zsm_Latn, mt mlt_Latn,
my mya_Mymr, nb nob_Latn, ne npi_Deva, nl nld_Latn, nn nno_Latn, no nob_Latn, ny nya_Latn, oc oci_Latn,
om gaz_Latn, or ory_Orya, pa pan_Guru, pl pol_Latn, ps pbt_Arab, pt por_Latn, qu quy_Latn, rn run_Latn,
ro ron_Latn, ru rus_Cyrl, rw kin_Latn, sa san_Deva, sc srd_Latn, sd snd_Arab, sg sag_Latn, si sin_Sinh,
sk slk_Latn, sl slv_Latn, sm smo_Latn, sn sna_Latn, so som_Latn, sq als_Latn, sr srp_Cyrl, ss ssw_Latn,
st sot_Latn, su sun_Latn, sv swe_Latn, sw swh_Latn, ta tam_Taml, te tel_Telu, tg tgk_Cyrl, th tha_Thai,
ti tir_Ethi, tk tuk_Latn, tl tgl_Latn, tn tsn_Latn, tr tur_Latn, ts tso_Latn, tt tat_Cyrl, ug uig_Arab,
uk ukr_Cyrl, ur urd_Arab, uz uzn_Latn, vi vie_Latn, wo wol_Latn, xh xho_Latn, yi ydd_Hebr, yo yor_Latn,
zh zho_Hans, zh-Hans zho_Hans, zh-Hant zho_Hant, zu zul_Latn
"""


class Sib200Settings(PublishedTask):
    """SIB-200: 7 topics, 205 languages."""

    name: Literal["sib200"] = "sib200"
    """The reader."""
    source: str = "Davlan/sib200"
    """A hub id, or a local folder with `CODE/train.tsv`, `dev.tsv` and `test.tsv`, CODE as `fra_Latn` or
    `fra`; columns index_id, category, text."""

    title: ClassVar[str] = "SIB-200"
    label_names: ClassVar[tuple[str, ...]] = (
        "science/technology", "travel", "politics", "sports", "health", "entertainment", "geography",
    )  # fmt: skip
    known: ClassVar[Mapping[str, str]] = dict(pair.split() for pair in _CODES.split(","))

    def _layouts(self, name: str, split: str) -> list[Layout]:
        # The second is the hub's, the third GitHub's.
        folders = (name, f"data/{name}", f"data/annotated/{name}", name.partition("_")[0])
        texts: list[Layout] = [(f"{f}/{alias}.tsv",) for f in folders for alias in SPLIT_NAMES[split]]
        return texts + hub_layouts(name, split)

    def _read(self, paths: tuple[Path, ...], name: str) -> Iterator[LabelledText]:
        del name
        numbers = numbered(self.label_names)
        for path in paths:
            form: Form = "auto" if path.suffix == ".parquet" else "quoted_tsv"  # pandas wrote them
            for line, (text, label) in read_rows(path, ("text", "category"), form):
                yield checked_text(text, "text", path, line), label_number(label, numbers, path, line)
