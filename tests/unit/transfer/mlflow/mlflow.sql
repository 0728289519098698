CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO alembic_version VALUES ('dc11669786a5');
CREATE TABLE "runs" (
	run_uuid VARCHAR(32) NOT NULL, 
	name VARCHAR(250), 
	source_type VARCHAR(20), 
	source_name VARCHAR(500), 
	entry_point_name VARCHAR(50), 
	user_id VARCHAR(256), 
	status VARCHAR(9), 
	start_time BIGINT, 
	end_time BIGINT, 
	source_version VARCHAR(50), 
	lifecycle_stage VARCHAR(20), 
	artifact_uri VARCHAR(200), 
	experiment_id INTEGER, deleted_time BIGINT, 
	CONSTRAINT run_pk PRIMARY KEY (run_uuid), 
	CONSTRAINT source_type CHECK (source_type IN ('NOTEBOOK', 'JOB', 'LOCAL', 'UNKNOWN', 'PROJECT')), 
	CONSTRAINT runs_lifecycle_stage CHECK (lifecycle_stage IN ('active', 'deleted')), 
	FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id), 
	CHECK (status IN ('SCHEDULED', 'FAILED', 'FINISHED', 'RUNNING', 'KILLED'))
);
INSERT INTO runs VALUES ('65554a9e2d4143afbe00bb569eeead2c', 'parent', 'UNKNOWN', '', '', 'ann', 'FINISHED', 1795581035414, 1795581035816, '', 'active', '/work/mlartifacts/1/65554a9e2d4143afbe00bb569eeead2c/artifacts', 1, NULL);
INSERT INTO runs VALUES ('4b467ed233094da2ba4a2665853cb721', 'child', 'UNKNOWN', '', '', 'ann', 'FINISHED', 1795581035722, 1795581035784, '', 'active', '/work/mlartifacts/1/4b467ed233094da2ba4a2665853cb721/artifacts', 1, NULL);
INSERT INTO runs VALUES ('47f5b8cd18f74efbb62741aa84afd054', 'broken', 'UNKNOWN', '', '', 'ann', 'FAILED', 1795581035836, 1795581035858, '', 'active', '/work/mlartifacts/1/47f5b8cd18f74efbb62741aa84afd054/artifacts', 1, NULL);
INSERT INTO runs VALUES ('115b081b7cef4fde930e4bfb94c884ab', 'gone', 'UNKNOWN', '', '', 'ann', 'FINISHED', 1795581035870, 1795581035899, '', 'deleted', '/work/mlartifacts/1/115b081b7cef4fde930e4bfb94c884ab/artifacts', 1, 1795581035924);
CREATE TABLE "latest_metrics" (
	"key" VARCHAR(250) NOT NULL, 
	value FLOAT NOT NULL, 
	timestamp BIGINT, 
	step BIGINT NOT NULL, 
	is_nan BOOLEAN NOT NULL, 
	run_uuid VARCHAR(32) NOT NULL, 
	CONSTRAINT latest_metric_pk PRIMARY KEY ("key", run_uuid), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid), 
	CHECK (is_nan IN (0, 1))
);
INSERT INTO latest_metrics VALUES ('loss', 0.2, 1795581035658, 4, 0, '65554a9e2d4143afbe00bb569eeead2c');
INSERT INTO latest_metrics VALUES ('accuracy', 0.93, 1795581035669, 0, 0, '65554a9e2d4143afbe00bb569eeead2c');
INSERT INTO latest_metrics VALUES ('bad', 0.0, 1795581035676, 0, 1, '65554a9e2d4143afbe00bb569eeead2c');
INSERT INTO latest_metrics VALUES ('accuracy', 0.95, 1795581035768, 0, 0, '4b467ed233094da2ba4a2665853cb721');
CREATE TABLE "metrics" (
	"key" VARCHAR(250) NOT NULL, 
	value FLOAT NOT NULL, 
	timestamp BIGINT NOT NULL, 
	run_uuid VARCHAR(32) NOT NULL, 
	step BIGINT DEFAULT '0' NOT NULL, 
	is_nan BOOLEAN DEFAULT '0' NOT NULL, 
	CONSTRAINT metric_pk PRIMARY KEY ("key", timestamp, step, run_uuid, value, is_nan), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid), 
	CHECK (is_nan IN (0, 1))
);
INSERT INTO metrics VALUES ('loss', 1.0, 1795581035553, '65554a9e2d4143afbe00bb569eeead2c', 0, 0);
INSERT INTO metrics VALUES ('loss', 0.5, 1795581035580, '65554a9e2d4143afbe00bb569eeead2c', 1, 0);
INSERT INTO metrics VALUES ('loss', 0.3333333333333333, 1795581035615, '65554a9e2d4143afbe00bb569eeead2c', 2, 0);
INSERT INTO metrics VALUES ('loss', 0.25, 1795581035639, '65554a9e2d4143afbe00bb569eeead2c', 3, 0);
INSERT INTO metrics VALUES ('loss', 0.2, 1795581035658, '65554a9e2d4143afbe00bb569eeead2c', 4, 0);
INSERT INTO metrics VALUES ('accuracy', 0.93, 1795581035669, '65554a9e2d4143afbe00bb569eeead2c', 0, 0);
INSERT INTO metrics VALUES ('bad', 0.0, 1795581035676, '65554a9e2d4143afbe00bb569eeead2c', 0, 1);
INSERT INTO metrics VALUES ('accuracy', 0.95, 1795581035768, '4b467ed233094da2ba4a2665853cb721', 0, 0);
CREATE TABLE "params" (
	"key" VARCHAR(250) NOT NULL, 
	value VARCHAR(8000) NOT NULL, 
	run_uuid VARCHAR(32) NOT NULL, 
	CONSTRAINT param_pk PRIMARY KEY ("key", run_uuid), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid)
);
INSERT INTO params VALUES ('depth', '4', '65554a9e2d4143afbe00bb569eeead2c');
INSERT INTO params VALUES ('eta', '0.1', '65554a9e2d4143afbe00bb569eeead2c');
INSERT INTO params VALUES ('kind', 'gbm', '65554a9e2d4143afbe00bb569eeead2c');
INSERT INTO params VALUES ('depth', '5', '4b467ed233094da2ba4a2665853cb721');
CREATE TABLE "tags" (
	"key" VARCHAR(250) NOT NULL, 
	value VARCHAR(8000), 
	run_uuid VARCHAR(32) NOT NULL, 
	CONSTRAINT tag_pk PRIMARY KEY ("key", run_uuid), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid)
);
INSERT INTO tags VALUES ('mlflow.user', 'ann', '65554a9e2d4143afbe00bb569eeead2c');
INSERT INTO tags VALUES ('mlflow.source.name', 'train.py', '65554a9e2d4143afbe00bb569eeead2c');
INSERT INTO tags VALUES ('mlflow.source.type', 'LOCAL', '65554a9e2d4143afbe00bb569eeead2c');
INSERT INTO tags VALUES ('mlflow.runName', 'parent', '65554a9e2d4143afbe00bb569eeead2c');
INSERT INTO tags VALUES ('team', 'ops', '65554a9e2d4143afbe00bb569eeead2c');
INSERT INTO tags VALUES ('mlflow.note.content', 'first try', '65554a9e2d4143afbe00bb569eeead2c');
INSERT INTO tags VALUES ('mlflow.user', 'ann', '4b467ed233094da2ba4a2665853cb721');
INSERT INTO tags VALUES ('mlflow.source.name', 'train.py', '4b467ed233094da2ba4a2665853cb721');
INSERT INTO tags VALUES ('mlflow.source.type', 'LOCAL', '4b467ed233094da2ba4a2665853cb721');
INSERT INTO tags VALUES ('mlflow.parentRunId', '65554a9e2d4143afbe00bb569eeead2c', '4b467ed233094da2ba4a2665853cb721');
INSERT INTO tags VALUES ('mlflow.runName', 'child', '4b467ed233094da2ba4a2665853cb721');
INSERT INTO tags VALUES ('mlflow.user', 'ann', '47f5b8cd18f74efbb62741aa84afd054');
INSERT INTO tags VALUES ('mlflow.source.name', 'train.py', '47f5b8cd18f74efbb62741aa84afd054');
INSERT INTO tags VALUES ('mlflow.source.type', 'LOCAL', '47f5b8cd18f74efbb62741aa84afd054');
INSERT INTO tags VALUES ('mlflow.runName', 'broken', '47f5b8cd18f74efbb62741aa84afd054');
INSERT INTO tags VALUES ('mlflow.user', 'ann', '115b081b7cef4fde930e4bfb94c884ab');
INSERT INTO tags VALUES ('mlflow.source.name', 'train.py', '115b081b7cef4fde930e4bfb94c884ab');
INSERT INTO tags VALUES ('mlflow.source.type', 'LOCAL', '115b081b7cef4fde930e4bfb94c884ab');
INSERT INTO tags VALUES ('mlflow.runName', 'gone', '115b081b7cef4fde930e4bfb94c884ab');
CREATE TABLE "experiments" (
	experiment_id INTEGER NOT NULL, 
	name VARCHAR(256) NOT NULL, 
	artifact_location VARCHAR(256), 
	lifecycle_stage VARCHAR(32), 
	creation_time BIGINT, 
	last_update_time BIGINT, 
	workspace VARCHAR(63) DEFAULT 'default' NOT NULL, 
	CONSTRAINT experiment_pk PRIMARY KEY (experiment_id), 
	CONSTRAINT experiments_lifecycle_stage CHECK (lifecycle_stage IN ('active', 'deleted')), 
	CONSTRAINT uq_experiments_workspace_name UNIQUE (workspace, name)
);
INSERT INTO experiments VALUES (0, 'Default', '/work/mlruns/0', 'active', 1795581035255, 1795581035255, 'default');
INSERT INTO experiments VALUES (1, 'iris study', '/work/mlartifacts/1', 'active', 1795581035272, 1795581035272, 'default');
CREATE TABLE "experiment_tags" (
	"key" VARCHAR(250) NOT NULL, 
	value TEXT, 
	experiment_id INTEGER NOT NULL, 
	CONSTRAINT experiment_tag_pk PRIMARY KEY ("key", experiment_id), 
	FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id)
);
