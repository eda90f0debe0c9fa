"""Every task that an experiment may name."""

from typing import Annotated

from pydantic import Field

from mosecrot_core.learning.tasks.amazon_reviews import AmazonReviewSettings
from mosecrot_core.learning.tasks.conll import ConllSettings
from mosecrot_core.learning.tasks.dependencies import DependenciesSettings
from mosecrot_core.learning.tasks.intents import IntentSettings
from mosecrot_core.learning.tasks.panx import PanxSettings
from mosecrot_core.learning.tasks.sib200 import Sib200Settings
from mosecrot_core.learning.tasks.taxi1500 import Taxi1500Settings
from mosecrot_core.learning.tasks.text_files import TextFileSettings
from mosecrot_core.learning.tasks.umsab import UmsabSettings
from mosecrot_core.learning.tasks.universal_dependencies import UniversalDependenciesSettings
from mosecrot_core.learning.tasks.webis_cls import WebisClsSettings
from mosecrot_core.learning.tasks.xnli import XnliSettings

Task = Annotated[
    IntentSettings
    | TextFileSettings
    | AmazonReviewSettings
    | Taxi1500Settings
    | Sib200Settings
    | UmsabSettings
    | WebisClsSettings
    | XnliSettings
    | PanxSettings
    | ConllSettings
    | UniversalDependenciesSettings
    | DependenciesSettings,
    Field(discriminator="name"),
]
