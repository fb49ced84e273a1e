"""Running the benchmarks and reporting them: what ``scripts/bench`` does."""

__all__: list[str] = []
