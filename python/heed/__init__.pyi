"""Types of heed's public names."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import Self

_Path = str | bytes | os.PathLike[str]

__version__: str
isa: str

class Error(ValueError): ...

class Explanation:
    answer: Any
    probability: float | None
    weights: NDArray[Any]
    words: list[str] | None
    def __init__(
        self,
        answer: Any,
        probability: float | None,
        weights: NDArray[Any],
        words: list[str] | None = None,
    ) -> None: ...
    def top(self, count: int = 5) -> list[Any]: ...

class Stream:
    @property
    def steps(self) -> int: ...
    def __init__(self, estimator: Any, max_steps: int = 0) -> None: ...
    def step(self, features: ArrayLike | str) -> NDArray[Any]: ...
    def predict(self, features: ArrayLike | str) -> Any: ...
    def reset(self) -> None: ...

class SequenceClassifier:
    feature_names_in_: NDArray[Any]
    classes_: NDArray[Any]
    n_features_in_: int
    n_iter_: int
    history_: Any
    outcome_: str
    def __init__(
        self,
        hidden_size: int | None = None,
        attention: str | None = None,
        cell: str | None = None,
        *,
        dense_size: int | None = None,
        num_heads: int | None = None,
        pooling: str | None = None,
        num_layers: int | None = None,
        bidirectional: bool | None = None,
        dropout: float | None = None,
        last_state: str | None = None,
        kernels: int | Sequence[int] | None = None,
        channels: int | Sequence[int] | None = None,
        causal: bool | None = None,
        residual: bool | None = None,
        norm: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        weight_decay: float | None = None,
        schedule: str | None = None,
        warmup: int | None = None,
        decay: float | None = None,
        decay_every: int | None = None,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        accumulate: int | None = None,
        label_smoothing: float | None = None,
        class_weight: str | Mapping[Any, float] | None = None,
        ema_decay: float | None = None,
        validation: float | None = None,
        early_stopping: int | None = None,
        min_delta: float | None = None,
        jitter: float | None = None,
        scaling: float | None = None,
        time_warp: float | None = None,
        window_slice: float | None = None,
        mixup: float | None = None,
        standardize: bool = False,
        missing: str = 'error',
        recipe: str | None = None,
        time_limit: float | None = None,
        num_features: int | None = None,
        statistics: bool | None = None,
        differences: bool | None = None,
        ensemble: int = 1,
        flavor: str = 'pytorch',
        init: Any = None,
        new_head: bool = False,
        frozen: str | Sequence[str] | None = None,
        checkpoint: _Path | None = None,
        checkpoint_every: int | None = None,
        random_state: Any = 0,
        n_jobs: int | None = None,
        verbose: int = 0,
        on_interrupt: str = 'keep',
    ) -> None: ...
    def attention_weights(self, X: Any, lengths: ArrayLike | None = None) -> NDArray[Any]: ...
    def explain(self, X: Any, lengths: ArrayLike | None = None) -> list[Explanation]: ...
    def fit(
        self,
        X: Any,
        y: Any,
        *,
        lengths: ArrayLike | None = None,
        validation_data: tuple[Any, ...] | None = None,
        callbacks: Callable[[dict[str, Any]], Any] | Sequence[Callable[[dict[str, Any]], Any]] | None = None,
    ) -> Self: ...
    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    @classmethod
    def load(cls, path: _Path) -> Self: ...
    def predict(self, X: Any, lengths: ArrayLike | None = None) -> NDArray[Any]: ...
    def predict_proba(self, X: Any, lengths: ArrayLike | None = None) -> NDArray[np.float32]: ...
    def save(self, path: _Path) -> None: ...
    def score(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        *,
        lengths: ArrayLike | None = None,
    ) -> float: ...
    def set_params(self, **params: Any) -> Self: ...
    def stream(self, max_steps: int = 0) -> Stream: ...
    def to_bytes(self) -> bytes: ...
    def to_onnx(self, path: _Path, lengths: bool = False) -> None: ...

class SequenceRegressor:
    feature_names_in_: NDArray[Any]
    n_features_in_: int
    n_iter_: int
    history_: Any
    outcome_: str
    def __init__(
        self,
        hidden_size: int | None = None,
        attention: str | None = None,
        cell: str | None = None,
        *,
        dense_size: int | None = None,
        num_heads: int | None = None,
        pooling: str | None = None,
        num_layers: int | None = None,
        bidirectional: bool | None = None,
        dropout: float | None = None,
        last_state: str | None = None,
        kernels: int | Sequence[int] | None = None,
        channels: int | Sequence[int] | None = None,
        causal: bool | None = None,
        residual: bool | None = None,
        norm: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        weight_decay: float | None = None,
        schedule: str | None = None,
        warmup: int | None = None,
        decay: float | None = None,
        decay_every: int | None = None,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        accumulate: int | None = None,
        ema_decay: float | None = None,
        validation: float | None = None,
        early_stopping: int | None = None,
        min_delta: float | None = None,
        jitter: float | None = None,
        scaling: float | None = None,
        time_warp: float | None = None,
        window_slice: float | None = None,
        mixup: float | None = None,
        missing: str = 'error',
        recipe: str | None = None,
        time_limit: float | None = None,
        num_features: int | None = None,
        statistics: bool | None = None,
        differences: bool | None = None,
        ensemble: int = 1,
        flavor: str = 'pytorch',
        init: Any = None,
        new_head: bool = False,
        frozen: str | Sequence[str] | None = None,
        checkpoint: _Path | None = None,
        checkpoint_every: int | None = None,
        random_state: Any = 0,
        n_jobs: int | None = None,
        verbose: int = 0,
        on_interrupt: str = 'keep',
    ) -> None: ...
    def attention_weights(self, X: Any, lengths: ArrayLike | None = None) -> NDArray[Any]: ...
    def explain(self, X: Any, lengths: ArrayLike | None = None) -> list[Explanation]: ...
    def fit(
        self,
        X: Any,
        y: Any,
        *,
        lengths: ArrayLike | None = None,
        validation_data: tuple[Any, ...] | None = None,
        callbacks: Callable[[dict[str, Any]], Any] | Sequence[Callable[[dict[str, Any]], Any]] | None = None,
    ) -> Self: ...
    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    @classmethod
    def load(cls, path: _Path) -> Self: ...
    def predict(self, X: Any, lengths: ArrayLike | None = None) -> NDArray[Any]: ...
    def save(self, path: _Path) -> None: ...
    def score(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        *,
        lengths: ArrayLike | None = None,
    ) -> float: ...
    def set_params(self, **params: Any) -> Self: ...
    def stream(self, max_steps: int = 0) -> Stream: ...
    def to_bytes(self) -> bytes: ...
    def to_onnx(self, path: _Path, lengths: bool = False) -> None: ...

class TextClassifier:
    classes_: NDArray[Any]
    n_iter_: int
    history_: Any
    outcome_: str
    def __init__(
        self,
        hidden_size: int | None = None,
        attention: str | None = None,
        cell: str | None = None,
        *,
        embedding_size: int | None = None,
        lower: bool = False,
        min_count: int = 1,
        dense_size: int | None = None,
        num_heads: int | None = None,
        pooling: str | None = None,
        num_layers: int | None = None,
        bidirectional: bool | None = None,
        dropout: float | None = None,
        last_state: str | None = None,
        kernels: int | Sequence[int] | None = None,
        channels: int | Sequence[int] | None = None,
        causal: bool | None = None,
        residual: bool | None = None,
        norm: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        weight_decay: float | None = None,
        schedule: str | None = None,
        warmup: int | None = None,
        decay: float | None = None,
        decay_every: int | None = None,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        accumulate: int | None = None,
        label_smoothing: float | None = None,
        class_weight: str | Mapping[Any, float] | None = None,
        ema_decay: float | None = None,
        validation: float | None = None,
        early_stopping: int | None = None,
        min_delta: float | None = None,
        ensemble: int = 1,
        flavor: str = 'pytorch',
        init: Any = None,
        new_head: bool = False,
        frozen: str | Sequence[str] | None = None,
        checkpoint: _Path | None = None,
        checkpoint_every: int | None = None,
        random_state: Any = 0,
        n_jobs: int | None = None,
        verbose: int = 0,
        on_interrupt: str = 'keep',
    ) -> None: ...
    def attention_weights(self, X: Any) -> NDArray[Any]: ...
    def explain(self, X: Any) -> list[Explanation]: ...
    def fit(
        self,
        X: Any,
        y: Any,
        *,
        validation_data: tuple[Any, ...] | None = None,
        callbacks: Callable[[dict[str, Any]], Any] | Sequence[Callable[[dict[str, Any]], Any]] | None = None,
    ) -> Self: ...
    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    @classmethod
    def load(cls, path: _Path) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> NDArray[np.float32]: ...
    def save(self, path: _Path) -> None: ...
    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float: ...
    def set_params(self, **params: Any) -> Self: ...
    def stream(self, max_steps: int = 0) -> Stream: ...
    def to_bytes(self) -> bytes: ...
    def to_onnx(self, path: _Path, lengths: bool = False) -> None: ...

class Tagger:
    classes_: NDArray[Any]
    n_iter_: int
    history_: Any
    outcome_: str
    def __init__(
        self,
        hidden_size: int | None = 100,
        attention: str | None = 'pool',
        *,
        features: Sequence[str] = ...,
        min_count: int = 2,
        num_layers: int | None = 1,
        num_heads: int | None = 2,
        dropout: float | None = 0.5,
        epochs: int | None = 12,
        batch_size: int | None = 32,
        learning_rate: float | None = 0.003,
        weight_decay: float | None = None,
        schedule: str | None = 'cosine',
        warmup: int | None = None,
        decay: float | None = None,
        decay_every: int | None = None,
        clip_norm: float | None = 1,
        clip_value: float | None = None,
        label_smoothing: float | None = None,
        ema_decay: float | None = None,
        validation: float | None = None,
        early_stopping: int | None = None,
        min_delta: float | None = None,
        frozen: str | Sequence[str] | None = None,
        checkpoint: _Path | None = None,
        checkpoint_every: int | None = None,
        random_state: Any = 0,
        n_jobs: int | None = None,
        verbose: int = 0,
        on_interrupt: str = 'keep',
    ) -> None: ...
    def attention_weights(self, X: Any) -> Any: ...
    def fit(
        self,
        X: Any,
        y: Any,
        *,
        validation_data: tuple[Any, ...] | None = None,
        callbacks: Callable[[dict[str, Any]], Any] | Sequence[Callable[[dict[str, Any]], Any]] | None = None,
    ) -> Self: ...
    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    @classmethod
    def load(cls, path: _Path) -> Self: ...
    def predict(self, X: Any) -> list[list[str]]: ...
    def save(self, path: _Path) -> None: ...
    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float: ...
    def set_params(self, **params: Any) -> Self: ...
    def to_bytes(self) -> bytes: ...
    def to_onnx(self, path: _Path, lengths: bool = False) -> None: ...

class Forecaster:
    feature_names_in_: NDArray[Any]
    n_features_in_: int
    n_iter_: int
    history_: Any
    outcome_: str
    def __init__(
        self,
        window: int | None = None,
        horizon: int = 1,
        targets: Any = None,
        *,
        absolute: bool = False,
        hidden_size: int | None = None,
        attention: str | None = None,
        cell: str | None = None,
        dense_size: int | None = None,
        num_heads: int | None = None,
        pooling: str | None = None,
        num_layers: int | None = None,
        bidirectional: bool | None = None,
        dropout: float | None = None,
        last_state: str | None = None,
        kernels: int | Sequence[int] | None = None,
        channels: int | Sequence[int] | None = None,
        causal: bool | None = None,
        residual: bool | None = None,
        norm: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        weight_decay: float | None = None,
        schedule: str | None = None,
        warmup: int | None = None,
        decay: float | None = None,
        decay_every: int | None = None,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        accumulate: int | None = None,
        ema_decay: float | None = None,
        validation: float | None = None,
        early_stopping: int | None = None,
        min_delta: float | None = None,
        jitter: float | None = None,
        scaling: float | None = None,
        time_warp: float | None = None,
        window_slice: float | None = None,
        mixup: float | None = None,
        missing: str = 'error',
        recipe: str | None = None,
        time_limit: float | None = None,
        num_features: int | None = None,
        statistics: bool | None = None,
        differences: bool | None = None,
        ensemble: int = 1,
        flavor: str = 'pytorch',
        init: Any = None,
        new_head: bool = False,
        frozen: str | Sequence[str] | None = None,
        checkpoint: _Path | None = None,
        checkpoint_every: int | None = None,
        random_state: Any = 0,
        n_jobs: int | None = None,
        verbose: int = 0,
        on_interrupt: str = 'keep',
    ) -> None: ...
    def attention_weights(self, X: Any) -> NDArray[Any]: ...
    def explain(self, X: Any) -> list[Explanation]: ...
    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        callbacks: Callable[[dict[str, Any]], Any] | Sequence[Callable[[dict[str, Any]], Any]] | None = None,
    ) -> Self: ...
    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    @classmethod
    def load(cls, path: _Path) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def save(self, path: _Path) -> None: ...
    def score(self, X: Any, y: Any = None) -> float: ...
    def set_params(self, **params: Any) -> Self: ...
    def stream(self, max_steps: int = 0) -> Stream: ...
    def to_bytes(self) -> bytes: ...
    def to_onnx(self, path: _Path, lengths: bool = False) -> None: ...

def load(
    path: _Path,
    *,
    prefix: str = '',
    rename: Mapping[str, str] | None = None,
    partial: bool = False,
    self_test: bool = True,
    **options: Any,
) -> Any: ...
def load_sequences(
    path: _Path,
    *,
    features: int = 1,
    targets: bool = False,
    steps: int | None = None,
    header: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    label_column: str | Sequence[str] | None = None,
    index_column: str | None = None,
    sequence_column: str | None = None,
    time_column: str | None = None,
    feature_columns: str | Sequence[str] | None = None,
    date_order: str | None = None,
) -> Any: ...
def from_torch(
    state_dict: Mapping[str, Any],
    *,
    prefix: str = '',
    rename: Mapping[str, str] | None = None,
    partial: bool = False,
    **options: Any,
) -> Any: ...
def from_keras(model: Any, *, attention_layers: Sequence[str] = ...) -> Any: ...
