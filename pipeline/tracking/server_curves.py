"""Reads runs and their curves from a tracking server."""

import math

from pipeline.tracking import connection
from pipeline.tracking.curves import Measured, Value, WatchedRun, by_name, is_watched
from pipeline.tracking.faults import reported

_NEWEST = 200  # runs


class ServerReader:
    """Reads the newest runs of a server. Each method raises `StoreError` if it does not answer."""

    def __init__(self) -> None:
        self._client = connection.client()

    @reported()
    def runs(self) -> list[WatchedRun]:
        experiments = {one.experiment_id: one.name for one in self._client.search_experiments()}
        runs = self._client.search_runs(
            list(experiments), order_by=["start_time DESC"], max_results=_NEWEST
        )
        return [
            WatchedRun.of(
                run.info.run_id,
                run.info.run_name,
                experiments[run.info.experiment_id],
                run.info.status,
                run.info.start_time,
                run.data.tags,
            )
            for run in runs
            if is_watched(run.data.tags)
        ]

    @reported()
    def measured(self, run_id: str) -> Measured:
        data = self._client.get_run(run_id).data
        points = [
            (name, Value(point.step, point.value, point.timestamp))
            for name in data.metrics
            for point in self._client.get_metric_history(run_id, name)
            if math.isfinite(point.value)
        ]
        points.sort(key=lambda point: (point[1].step, point[1].timestamp))
        return Measured(data.params, by_name(points))
