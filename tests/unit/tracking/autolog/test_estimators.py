import numpy as np
import pytest
from sklearn import metrics

import mlrun_jupyter as mlrun


def keys(run):
    return {entry["metadata"]["key"] for entry in run.status.artifacts}


def test_a_classifier_with_its_numbers_charts_and_model(autolog, track, data):
    from sklearn.linear_model import LogisticRegression

    x, y = data
    model = LogisticRegression(C=0.5)
    autolog()

    def train(context, C: float = 2.0):  # noqa: N803 - its name in scikit-learn
        model.fit(x, y).score(x[:50], y[:50])

    run = track(train, C=2.0)
    results, parameters = run.results, run.spec.parameters
    assert (parameters["C"], parameters["max_iter"], parameters["estimator"]) == (2.0, 100, "LogisticRegression")
    assert results["train_accuracy"] == metrics.accuracy_score(y, model.predict(x))
    assert results["train_f1"] == metrics.f1_score(y, model.predict(x), average="weighted")
    assert results["train_log_loss"] == pytest.approx(metrics.log_loss(y, model.predict_proba(x)))
    assert results["train_roc_auc"] == pytest.approx(metrics.roc_auc_score(y, model.predict_proba(x)[:, 1]))
    assert results["test_score"] == results["test_accuracy"] == model.score(x[:50], y[:50])
    charts = {"confusion_matrix", "roc_curve", "feature_importance"}
    assert keys(run) == {"model", *charts, "test_confusion_matrix", "test_roc_curve"}
    found = run.artifact("confusion_matrix")
    rows = found["spec"]["vega_lite"]["data"]["values"]
    expected = metrics.confusion_matrix(y, model.predict(x))
    assert [[row["c1"], row["c2"]] for row in rows] == expected.tolist()
    kept = run.artifact("model")["spec"]
    assert (kept["framework"], kept["algorithm"], kept["parameters"]["C"]) == ("sklearn", "LogisticRegression", 0.5)
    assert kept["inputs"] == [{"name": name, "value_type": "double"} for name in "abc"]
    assert kept["outputs"] == [{"name": "y", "value_type": "int64"}]
    assert kept["metrics"]["train_accuracy"] == results["train_accuracy"]


def test_a_regressor_a_clustering_and_the_number_of_a_training(autolog, track, data):
    from sklearn.cluster import KMeans
    from sklearn.linear_model import LinearRegression
    from sklearn.preprocessing import StandardScaler

    x, y = data
    autolog(charts=False)

    def train(context):
        StandardScaler().fit(x)  # predicts nothing
        LinearRegression().fit(x.to_numpy(), y.to_numpy())
        KMeans(2, n_init=1).fit(x)

    run = track(train)
    assert set(run.results) == {"train_r2", "train_mae", "train_rmse", "inertia_2"}
    assert run.spec.parameters["n_clusters_2"] == 2
    assert keys(run) == {"model", "model_2"}


def test_a_search_over_pipelines_is_one_training(autolog, track, data):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import GridSearchCV, cross_val_score
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    autolog()

    def train(context):
        steps = [("scale", StandardScaler()), ("forest", RandomForestClassifier(n_estimators=3, random_state=0))]
        GridSearchCV(Pipeline(steps), {"forest__max_depth": [1, 3]}, cv=2).fit(*data)
        cross_val_score(RandomForestClassifier(n_estimators=2), *data, cv=2)  # of nobody's model

    run = track(train)
    assert run.results["best_forest__max_depth"] in (1, 3)
    assert run.spec.parameters["estimator__forest__n_estimators"] == 3
    assert keys(run) == {"model", "cv_results", "confusion_matrix", "roc_curve", "feature_importance"}
    table = run.artifact("cv_results").as_df()
    assert run.results["best_cv_score"] == table.mean_test_score.max()
    chart = run.artifact("feature_importance")["spec"]["vega_lite"]["data"]["values"]
    assert {row["c0"] for row in chart} == {"a", "b", "c"}


def test_the_course_of_a_network(autolog, track, data):
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    x, y = data
    model = MLPClassifier(max_iter=10)
    autolog(models=False, charts=False, every=2)

    def train(context):
        with pytest.warns(ConvergenceWarning):
            model.fit(x, y)

    run = track(train)
    steps, values = run.metric("loss")
    assert steps.tolist() == [0, 2, 4, 6, 8]
    assert np.allclose(values, model.loss_curve_[::2])
    assert not run.status.artifacts


def test_many_classes_and_decisions_without_chances(autolog, track):
    from sklearn.svm import LinearSVC
    from sklearn.tree import DecisionTreeClassifier

    x = np.arange(180.0)[:, None]
    autolog(models=False)

    def train(context):
        DecisionTreeClassifier().fit(x, np.repeat(["a", "b", "c"], 60))
        DecisionTreeClassifier().fit(x, np.repeat(np.arange(60), 3))  # more classes than a grid can show
        LinearSVC().fit(x, x[:, 0] > 45)

    run = track(train)
    assert run.results["train_accuracy"] == 1.0
    assert "train_roc_auc" not in run.results
    assert run.results["train_roc_auc_3"] == 1.0
    assert keys(run) == {
        *("confusion_matrix", "feature_importance", "feature_importance_2"),
        *("confusion_matrix_3", "roc_curve_3", "feature_importance_3"),
    }


def test_xgboost_by_its_estimators_and_by_itself(autolog, track, data):
    import xgboost

    x, y = data
    autolog()

    def train(context):
        xgboost.XGBClassifier(n_estimators=4, max_depth=2).fit(x, y, eval_set=[(x, y)], verbose=False)
        held = xgboost.DMatrix(x, y)
        seen = []

        class Own(xgboost.callback.TrainingCallback):
            def after_iteration(self, model, epoch, evals_log):
                seen.append(epoch)
                return False

        given = {"max_depth": 3, "objective": "binary:logistic"}
        xgboost.train(given, held, 3, evals=[(held, "train")], verbose_eval=False, callbacks=[Own()])
        context.log_result("seen", seen)

    run = track(train)
    steps, values = run.metric("validation_0/logloss")
    assert steps.tolist() == [0, 1, 2, 3]
    assert run.results["validation_0/logloss"] == values[-1] == pytest.approx(run.results["train_log_loss"], rel=1e-4)
    assert len(run.metric("train/logloss_2")[0]) == 3
    assert run.results["seen"] == [0, 1, 2]
    assert (run.spec.parameters["max_depth"], run.spec.parameters["max_depth_2"]) == (2, 3)
    assert run.spec.parameters["num_boost_round_2"] == 3
    assert {"model", "model_2", "feature_importance", "feature_importance_2"} <= keys(run)
    kept = run.artifact("model")["spec"]
    assert (kept["framework"], kept["model_file"]) == ("xgboost", "model.json")
    path, _spec, _extra = mlrun.artifacts.get_model(run.artifact("model_2"))
    assert xgboost.Booster(model_file=path).num_boosted_rounds() == 3
