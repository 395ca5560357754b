"""The page of an experiment in the MLflow UI: columns, charts and what a record carries of it."""

from mlflow.entities import Metric, Param, Run, RunData, RunInfo, RunTag

from pipeline.tracking import connection, notes, pages

INTERVAL = {"test/accuracy.interval_95": "0.4 to 0.6"}


def run(rate: str, **tags: str) -> Run:
    info = RunInfo("r", "1", "me", "FINISHED", 1, 2, "active")
    names = ("best/validation/loss", "best/validation/accuracy", "test/log_loss", "test/accuracy")
    metrics = [Metric(name, 0.5, 1, 1) for name in (*names, "train/loss", "epoch")]
    params = [Param("seed", "1"), Param("optimizer.learning_rate", rate), Param("tracking.x", rate)]
    return Run(
        info, RunData(metrics, params, [RunTag(*pair) for pair in (INTERVAL | tags).items()])
    )


def with_settings(**settings: str) -> Run:
    params = [Param(name.replace("__", "."), value) for name, value in settings.items()]
    return Run(RunInfo("r", "1", "me", "FINISHED", 1, 2, "active"), RunData([], params, []))


def test_settings_that_differ_are_shown():
    one = with_settings(seed="1", rate="0.1", name="a", model__family="mlp", checkpoint__x="1")
    other = with_settings(seed="1", rate="0.2", name="b", model__family="cnn", checkpoint__x="2")
    assert pages.differing([one, other]) == ["rate"]
    assert pages.differing([one]) == []


def test_setting_that_one_run_lacks_differs():
    assert pages.differing([with_settings(seed="1"), with_settings()]) == ["seed"]


def test_at_most_eight_settings_are_shown():
    runs = [with_settings(**{f"s{place}": value for place in range(9)}) for value in "ab"]
    assert pages.differing(runs) == [f"s{place}" for place in range(8)]


def test_columns_are_figure_interval_differences_verdict_and_data():
    assert pages.columns([run("0.1"), run("0.2", baseline="better")]) == [
        "metrics.`test/accuracy`",
        "tags.`test/accuracy.interval_95`",
        "params.`optimizer.learning_rate`",
        "tags.`baseline`",
        "metrics.`best/validation/accuracy`",
        "tags.`data`",
    ]


def test_figures_come_before_the_columns_of_the_ui():
    order = pages.view([run("0.1")])["columnOrder"]
    assert order == [
        "attributes.`Run Name`",
        "runDateAndNestInfo",
        "metrics.`test/accuracy`",
        "tags.`test/accuracy.interval_95`",
        "metrics.`best/validation/accuracy`",
        "tags.`data`",
        "duration",
    ]


def test_every_ordered_column_has_a_width():
    state = pages.view([run("0.1")])
    assert list(state["columnWidths"]) == [
        *state["columnOrder"][:2],
        "duration",
        *state["columnOrder"][2:-1],
    ]
    assert state["columnWidths"]["metrics.`test/accuracy`"] == 115
    assert state["columnWidths"]["tags.`test/accuracy.interval_95`"] == 200
    assert state["columnWidths"]["tags.`data`"] == 90


def test_headlines_are_the_first_charts_and_bars():
    charts = pages.view([run("0.1")])["compareRunCharts"]
    assert [(chart["metricSectionId"], chart["metricKey"]) for chart in charts] == [
        ("Result", "test/accuracy"),
        ("Result", "best/validation/accuracy"),
        ("best/validation", "best/validation/loss"),
        ("test", "test/log_loss"),
    ]
    assert {(chart["type"], chart["isGenerated"]) for chart in charts} == {("BAR", False)}


def test_sections_without_curves_are_folded():
    sections = pages.view([run("0.1")])["compareRunSections"]
    assert [(section["name"], section["display"]) for section in sections] == [
        ("Result", True),
        ("validation", True),
        ("train", True),
        ("best/validation", False),
        ("test", False),
        ("Model metrics", False),
    ]


def test_page_is_not_a_fact_of_the_experiment():
    tags = {"mlflow.sharedViewState.runs": "{}", notes.TAG: "Test …", "mlflow.experimentKind": "k"}
    assert pages.without(tags) == {"mlflow.experimentKind": "k"}


def test_missing_notes_and_the_page_are_written(client):
    experiment = connection.experiment_id(client, "flats")
    tags = {"run_key": "k", "stage": "train@flats"}
    run_id = client.create_run(experiment, tags=tags).info.run_id
    client.log_metric(run_id, "test/accuracy", 0.5, step=1)
    client.set_terminated(run_id)
    path = f"/#/experiments/{experiment}/runs?workflowType=machine_learning&viewStateShareKey=runs"
    assert pages.write_all(client) == [("flats", path)]
    assert client.get_run(run_id).data.tags[notes.TAG].startswith("Test accuracy 0.5.\n")
    page = client.get_experiment(experiment).tags
    assert page[notes.TAG].startswith("Test accuracy 0.5.\n")
    assert "dvc repro evaluate@flats" in page[notes.TAG]
    assert '"metrics.`test/accuracy`"' in page["mlflow.sharedViewState.runs"]
