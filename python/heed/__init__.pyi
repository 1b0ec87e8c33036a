from ._errors import Error as Error
from ._explain import Explanation as Explanation
from ._forecast import Forecaster as Forecaster
from ._files import from_torch as from_torch, load as load, load_sequences as load_sequences
from ._keras import from_keras as from_keras
from ._sequences import SequenceClassifier as SequenceClassifier, SequenceRegressor as SequenceRegressor
from ._stream import Stream as Stream
from ._words import Tagger as Tagger, TextClassifier as TextClassifier

__version__: str
isa: str
