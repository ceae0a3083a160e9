BEGIN TRANSACTION;
CREATE TABLE artifact (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	artifact_type TEXT COLLATE "NOCASE" NOT NULL, 
	status TEXT COLLATE "NOCASE" NOT NULL, 
	path TEXT COLLATE "NOCASE" NOT NULL, 
	file_size INTEGER NOT NULL, 
	storage_type TEXT COLLATE "NOCASE" NOT NULL, 
	job_run_id TEXT NOT NULL, 
	tracked_run_id TEXT NOT NULL, 
	is_active INTEGER NOT NULL, 
	created INTEGER, 
	expires INTEGER, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE artifact_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE code_repository (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	uri TEXT COLLATE "NOCASE" NOT NULL, 
	connection TEXT NOT NULL, 
	labels TEXT, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE code_repository_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE command (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	kind TEXT COLLATE "NOCASE" NOT NULL, 
	connection TEXT NOT NULL, 
	project_id TEXT NOT NULL, 
	target_id TEXT NOT NULL, 
	"by" TEXT COLLATE "NOCASE" NOT NULL, 
	host TEXT COLLATE "NOCASE" NOT NULL, 
	created INTEGER NOT NULL, 
	state TEXT COLLATE "NOCASE" NOT NULL, 
	owner TEXT COLLATE "NOCASE" NOT NULL, 
	sent INTEGER, 
	finished INTEGER, 
	result_id TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
INSERT INTO "command" VALUES(1,'Command:1',1,'kind-1','connection-1','project_id-1','target_id-1','by-1','host-1',1772625601000001,'state-1','owner-1',1772625601000001,1772625601000001,'result_id-1',101,'kind-1title-1by-1why-1answer-1');
CREATE TABLE command_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
INSERT INTO "command_doc" VALUES(1,'{"id":"Command:1","kind":"kind-1","connection":"connection-1","project_id":"project_id-1","target_id":"target_id-1","title":"title-1","payload":{"payload-1":{"list":[1,2.5,null,true],"text":"payload-1"}},"by":"by-1","host":"host-1","why":"why-1","created":"2026-03-04T12:00:01.000001Z","state":"state-1","owner":"owner-1","sent":"2026-03-04T12:00:01.000001Z","finished":"2026-03-04T12:00:01.000001Z","answer":"answer-1","result_id":"result_id-1","attempts":101}');
CREATE TABLE connection (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	kind TEXT COLLATE "NOCASE" NOT NULL, 
	state TEXT COLLATE "NOCASE" NOT NULL, 
	last_check INTEGER, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE connection_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE counter (
	name TEXT NOT NULL, 
	value INTEGER NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "counter" VALUES('revision',1);
CREATE TABLE data_repository (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	uri TEXT COLLATE "NOCASE" NOT NULL, 
	connection TEXT NOT NULL, 
	labels TEXT, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE data_repository_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE dataset (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	artifact_id TEXT NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	format TEXT COLLATE "NOCASE" NOT NULL, 
	digest TEXT COLLATE "NOCASE" NOT NULL, 
	rows INTEGER, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE dataset_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE deployment (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	project_id TEXT NOT NULL, 
	kind TEXT COLLATE "NOCASE" NOT NULL, 
	environment TEXT COLLATE "NOCASE" NOT NULL, 
	tier TEXT COLLATE "NOCASE" NOT NULL, 
	status TEXT COLLATE "NOCASE" NOT NULL, 
	ref TEXT COLLATE "NOCASE" NOT NULL, 
	"commit" TEXT COLLATE "NOCASE" NOT NULL, 
	model_version_id TEXT NOT NULL, 
	job_run_id TEXT NOT NULL, 
	deployed_by TEXT COLLATE "NOCASE" NOT NULL, 
	created INTEGER, 
	updated INTEGER, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE deployment_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE engine_state (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	host TEXT COLLATE "NOCASE" NOT NULL, 
	pid INTEGER NOT NULL, 
	started INTEGER, 
	seen INTEGER, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE engine_state_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE experiment (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	connection TEXT NOT NULL, 
	experiment_id TEXT NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	lifecycle_stage TEXT COLLATE "NOCASE" NOT NULL, 
	created INTEGER, 
	updated INTEGER, 
	run_count INTEGER NOT NULL, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE experiment_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE experiment_repository (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	uri TEXT COLLATE "NOCASE" NOT NULL, 
	connection TEXT NOT NULL, 
	labels TEXT, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE experiment_repository_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE interest (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	viewer TEXT COLLATE "NOCASE" NOT NULL, 
	topic TEXT COLLATE "NOCASE" NOT NULL, 
	expires INTEGER NOT NULL, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE interest_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE job_run (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	pipeline_run_id TEXT NOT NULL, 
	project_id TEXT NOT NULL, 
	connection TEXT NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	stage TEXT COLLATE "NOCASE" NOT NULL, 
	stage_type TEXT COLLATE "NOCASE" NOT NULL, 
	status TEXT COLLATE "NOCASE" NOT NULL, 
	bridge INTEGER NOT NULL, 
	retried INTEGER NOT NULL, 
	retry_of TEXT NOT NULL, 
	downstream TEXT NOT NULL, 
	git_job_id INTEGER NOT NULL, 
	attempt_number INTEGER NOT NULL, 
	created INTEGER, 
	start INTEGER, 
	completion INTEGER, 
	execution_time REAL NOT NULL, 
	queued_time REAL NOT NULL, 
	endpoint TEXT COLLATE "NOCASE" NOT NULL, 
	image TEXT COLLATE "NOCASE" NOT NULL, 
	failure_reason TEXT COLLATE "NOCASE" NOT NULL, 
	triggered_by TEXT COLLATE "NOCASE" NOT NULL, 
	log_size INTEGER NOT NULL, 
	log_complete INTEGER NOT NULL, 
	marks TEXT, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE job_run_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE label (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	target_id TEXT NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	value TEXT COLLATE "NOCASE" NOT NULL, 
	"by" TEXT COLLATE "NOCASE" NOT NULL, 
	created INTEGER, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
INSERT INTO "label" VALUES(1,'Label:1',1,'target_id-1','name-1','value-1','by-1',1772625601000001,'name-1value-1');
CREATE TABLE label_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
INSERT INTO "label_doc" VALUES(1,'{"id":"Label:1","target_id":"target_id-1","name":"name-1","value":"value-1","by":"by-1","created":"2026-03-04T12:00:01.000001Z"}');
CREATE TABLE lease (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	owner TEXT COLLATE "NOCASE" NOT NULL, 
	host TEXT COLLATE "NOCASE" NOT NULL, 
	token INTEGER NOT NULL, 
	expires INTEGER NOT NULL, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE lease_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE membership (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	user_id TEXT NOT NULL, 
	username TEXT COLLATE "NOCASE" NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	project_id TEXT NOT NULL, 
	group_id TEXT NOT NULL, 
	access_level INTEGER NOT NULL, 
	state TEXT COLLATE "NOCASE" NOT NULL, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE membership_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE metric_series (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	tracked_run_id TEXT NOT NULL, 
	"key" TEXT COLLATE "NOCASE" NOT NULL, 
	fetched INTEGER, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE metric_series_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE model (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	artifact_id TEXT NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	model_type TEXT COLLATE "NOCASE" NOT NULL, 
	framework TEXT COLLATE "NOCASE" NOT NULL, 
	"commit" TEXT COLLATE "NOCASE" NOT NULL, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE model_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE model_version (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	connection TEXT NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	version TEXT COLLATE "NOCASE" NOT NULL, 
	version_number INTEGER NOT NULL, 
	status TEXT COLLATE "NOCASE" NOT NULL, 
	stage TEXT COLLATE "NOCASE" NOT NULL, 
	run_id TEXT NOT NULL, 
	tracked_run_id TEXT NOT NULL, 
	pipeline_run_id TEXT NOT NULL, 
	created INTEGER, 
	updated INTEGER, 
	aliases TEXT, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE model_version_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE note (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	target_id TEXT NOT NULL, 
	"by" TEXT COLLATE "NOCASE" NOT NULL, 
	created INTEGER, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
INSERT INTO "note" VALUES(1,'Note:1',1,'target_id-1','by-1',1772625601000001,'text-1by-1');
CREATE TABLE note_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
INSERT INTO "note_doc" VALUES(1,'{"id":"Note:1","target_id":"target_id-1","text":"text-1","by":"by-1","created":"2026-03-04T12:00:01.000001Z"}');
CREATE TABLE organization (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	connection TEXT NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	path TEXT COLLATE "NOCASE" NOT NULL, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE organization_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE pipeline (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	project_id TEXT NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	type TEXT COLLATE "NOCASE" NOT NULL, 
	default_ref TEXT COLLATE "NOCASE" NOT NULL, 
	active INTEGER NOT NULL, 
	running INTEGER NOT NULL, 
	marks TEXT, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE pipeline_api (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	pipeline_id TEXT NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	type TEXT COLLATE "NOCASE" NOT NULL, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
INSERT INTO "pipeline_api" VALUES(1,'PipelineAPI:1',1,'pipeline_id-1','name-1','type-1','name-1type-1');
CREATE TABLE pipeline_api_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
INSERT INTO "pipeline_api_doc" VALUES(1,'{"id":"PipelineAPI:1","pipeline_id":"pipeline_id-1","name":"name-1","type":"type-1","flow_control":{"flow_control-1":true},"jobs":["jobs-1.0","jobs-1.1"],"test_repository_id":101,"test_repository_url":"test_repository_url-1","api_url":"api_url-1","test_api_url":"test_api_url-1","system_variables":[{"key":"system_variables-1.0.key","value":"system_variables-1.0.value","description":"system_variables-1.0.description","kind":"system_variables-1.0.kind","choices":["system_variables-1.0.choices.0","system_variables-1.0.choices.1"],"required":true,"pattern":"system_variables-1.0.pattern","secret":true},{"key":"system_variables-1.1.key","value":"system_variables-1.1.value","description":"system_variables-1.1.description","kind":"system_variables-1.1.kind","choices":["system_variables-1.1.choices.0","system_variables-1.1.choices.1"],"required":true,"pattern":"system_variables-1.1.pattern","secret":true}],"user_variables":[{"key":"user_variables-1.0.key","value":"user_variables-1.0.value","description":"user_variables-1.0.description","kind":"user_variables-1.0.kind","choices":["user_variables-1.0.choices.0","user_variables-1.0.choices.1"],"required":true,"pattern":"user_variables-1.0.pattern","secret":true},{"key":"user_variables-1.1.key","value":"user_variables-1.1.value","description":"user_variables-1.1.description","kind":"user_variables-1.1.kind","choices":["user_variables-1.1.choices.0","user_variables-1.1.choices.1"],"required":true,"pattern":"user_variables-1.1.pattern","secret":true}]}');
CREATE TABLE pipeline_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE pipeline_job (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	pipeline_id TEXT NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	"order" INTEGER NOT NULL, 
	stage TEXT COLLATE "NOCASE" NOT NULL, 
	stage_type TEXT COLLATE "NOCASE" NOT NULL, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE pipeline_job_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE pipeline_run (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	project_id TEXT NOT NULL, 
	pipeline_id TEXT NOT NULL, 
	run_info_id TEXT NOT NULL, 
	submission_id TEXT NOT NULL, 
	parent_run_id TEXT NOT NULL, 
	connection TEXT NOT NULL, 
	kind TEXT COLLATE "NOCASE" NOT NULL, 
	status TEXT COLLATE "NOCASE" NOT NULL, 
	trigger_type TEXT COLLATE "NOCASE" NOT NULL, 
	triggered_by TEXT COLLATE "NOCASE" NOT NULL, 
	ref TEXT COLLATE "NOCASE" NOT NULL, 
	git_commit_hash TEXT COLLATE "NOCASE" NOT NULL, 
	api TEXT COLLATE "NOCASE" NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	pipeline TEXT COLLATE "NOCASE" NOT NULL, 
	environment TEXT COLLATE "NOCASE" NOT NULL, 
	git_project_id INTEGER NOT NULL, 
	git_pipeline_id INTEGER NOT NULL, 
	run_number INTEGER NOT NULL, 
	created INTEGER NOT NULL, 
	updated INTEGER, 
	start INTEGER, 
	completion INTEGER, 
	execution_time REAL NOT NULL, 
	queued_time REAL NOT NULL, 
	success_count INTEGER NOT NULL, 
	failed_count INTEGER NOT NULL, 
	job_count INTEGER NOT NULL, 
	max_memory_usage REAL, 
	max_cpu_usage REAL, 
	jobs_synced INTEGER NOT NULL, 
	gone INTEGER NOT NULL, 
	labels TEXT, 
	marks TEXT, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE pipeline_run_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE pipeline_run_number (
	name TEXT NOT NULL, 
	value REAL NOT NULL, 
	id TEXT NOT NULL, 
	n INTEGER NOT NULL, 
	PRIMARY KEY (name, value, id)
)
 WITHOUT ROWID

;
CREATE TABLE prediction_request (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	deployment_id TEXT NOT NULL, 
	requester TEXT COLLATE "NOCASE" NOT NULL, 
	created INTEGER NOT NULL, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE prediction_request_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE prediction_response (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	request_id TEXT NOT NULL, 
	status INTEGER NOT NULL, 
	took REAL NOT NULL, 
	received INTEGER, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE prediction_response_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE project (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	connection TEXT NOT NULL, 
	git_project_id INTEGER NOT NULL, 
	path TEXT COLLATE "NOCASE" NOT NULL, 
	create_time INTEGER, 
	default_ref TEXT COLLATE "NOCASE" NOT NULL, 
	archived INTEGER NOT NULL, 
	tracking TEXT COLLATE "NOCASE" NOT NULL, 
	mlflow_experiment_id TEXT NOT NULL, 
	test_mlflow_experiment_id TEXT NOT NULL, 
	labels TEXT, 
	marks TEXT, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
INSERT INTO "project" VALUES(1,'Project:1',1,'name-1','connection-1',101,'path-1',1772625601000001,'default_ref-1',1,'tracking-1','mlflow_experiment_id-1','test_mlflow_experiment_id-1','["labels-1.0","labels-1.1"]','["archived"]','name-1path-1description-1labels-1.0labels-1.1');
CREATE TABLE project_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
INSERT INTO "project_doc" VALUES(1,'{"id":"Project:1","name":"name-1","connection":"connection-1","git_project_id":101,"path":"path-1","create_time":"2026-03-04T12:00:01.000001Z","description":"description-1","labels":["labels-1.0","labels-1.1"],"default_ref":"default_ref-1","web_url":"web_url-1","archived":true,"tracking":"tracking-1","mlflow_experiment_id":"mlflow_experiment_id-1","test_mlflow_experiment_id":"test_mlflow_experiment_id-1","code_repositories":["code_repositories-1.0","code_repositories-1.1"],"data_repositories":["data_repositories-1.0","data_repositories-1.1"],"experiments":["experiments-1.0","experiments-1.1"],"access_level":101,"variables_role":"variables_role-1"}');
CREATE TABLE registered_model (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	connection TEXT NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	created INTEGER, 
	updated INTEGER, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE registered_model_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE run_info (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	pipeline_id TEXT NOT NULL, 
	pipeline_api_id TEXT NOT NULL, 
	kind TEXT COLLATE "NOCASE" NOT NULL, 
	create_time INTEGER, 
	finish_time INTEGER, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE run_info_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE session (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	user_id TEXT NOT NULL, 
	repo_name TEXT COLLATE "NOCASE" NOT NULL, 
	repo_url TEXT COLLATE "NOCASE" NOT NULL, 
	branch TEXT COLLATE "NOCASE" NOT NULL, 
	time INTEGER, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE session_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
ANALYZE "sqlite_master";
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_updated','1000000 4 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_execution_time','1000000 4 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_ref','1000000 100000 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_submission_id_created','1000000 4 4 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_pipeline_id_created','1000000 20000 4 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_queued_time','1000000 4 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_status_created','1000000 200000 4 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_project_id_created','1000000 20000 4 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_parent_run_id_created','1000000 4 4 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_triggered_by','1000000 10000 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_git_commit_hash_created','1000000 4 4 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_run_number','1000000 4 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_triggered_by_created','1000000 10000 4 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_start','1000000 4 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_created','1000000 4 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_pipeline','1000000 20000 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_run_info_id_created','1000000 4 4 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_completion','1000000 4 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_status','1000000 200000 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_git_pipeline_id_created','1000000 4 4 1');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_revision','1000000 4');
INSERT INTO "sqlite_stat1" VALUES('pipeline_run','ix_pipeline_run_ref_created','1000000 100000 4 1');
INSERT INTO "sqlite_stat1" VALUES('job_run','ix_job_run_execution_time','1000000 4 1');
INSERT INTO "sqlite_stat1" VALUES('job_run','ix_job_run_status_created','1000000 200000 4 1');
INSERT INTO "sqlite_stat1" VALUES('job_run','ix_job_run_name_created','1000000 50000 4 1');
INSERT INTO "sqlite_stat1" VALUES('job_run','ix_job_run_completion','1000000 4 1');
INSERT INTO "sqlite_stat1" VALUES('job_run','ix_job_run_created','1000000 4 1');
INSERT INTO "sqlite_stat1" VALUES('job_run','ix_job_run_git_job_id_created','1000000 4 4 1');
INSERT INTO "sqlite_stat1" VALUES('job_run','ix_job_run_project_id_created','1000000 20000 4 1');
INSERT INTO "sqlite_stat1" VALUES('job_run','ix_job_run_revision','1000000 4');
INSERT INTO "sqlite_stat1" VALUES('job_run','ix_job_run_pipeline_run_id_created','1000000 4 4 1');
INSERT INTO "sqlite_stat1" VALUES('tracked_run','ix_tracked_run_job_run_id_start','1000000 4 4 1');
INSERT INTO "sqlite_stat1" VALUES('tracked_run','ix_tracked_run_pipeline_run_id_start','1000000 4 4 1');
INSERT INTO "sqlite_stat1" VALUES('tracked_run','ix_tracked_run_run_id_start','1000000 4 4 1');
INSERT INTO "sqlite_stat1" VALUES('tracked_run','ix_tracked_run_end','1000000 4 1');
INSERT INTO "sqlite_stat1" VALUES('tracked_run','ix_tracked_run_status_start','1000000 300000 4 1');
INSERT INTO "sqlite_stat1" VALUES('tracked_run','ix_tracked_run_start','1000000 4 1');
INSERT INTO "sqlite_stat1" VALUES('tracked_run','ix_tracked_run_parent_run_id_start','1000000 4 4 1');
INSERT INTO "sqlite_stat1" VALUES('tracked_run','ix_tracked_run_revision','1000000 4');
INSERT INTO "sqlite_stat1" VALUES('tracked_run','ix_tracked_run_experiment_id_start','1000000 50000 4 1');
INSERT INTO "sqlite_stat1" VALUES('tracked_run','ix_tracked_run_project_id_start','1000000 50000 4 1');
INSERT INTO "sqlite_stat1" VALUES('tracked_run','ix_tracked_run_status','1000000 300000 1');
INSERT INTO "sqlite_stat1" VALUES('tracked_run','ix_tracked_run_name','1000000 4 1');
CREATE TABLE submission (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	timestamp INTEGER NOT NULL, 
	requester TEXT COLLATE "NOCASE" NOT NULL, 
	pipeline_api_id TEXT NOT NULL, 
	pipeline_id TEXT NOT NULL, 
	project_id TEXT NOT NULL, 
	ref TEXT COLLATE "NOCASE" NOT NULL, 
	repo_hash TEXT COLLATE "NOCASE" NOT NULL, 
	kind TEXT COLLATE "NOCASE" NOT NULL, 
	run_id TEXT NOT NULL, 
	pipeline_run_id TEXT NOT NULL, 
	state TEXT COLLATE "NOCASE" NOT NULL, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
INSERT INTO "submission" VALUES(1,'Submission:1',1,1772625601000001,'requester-1','pipeline_api_id-1','pipeline_id-1','project_id-1','ref-1','repo_hash-1','kind-1','run_id-1','pipeline_run_id-1','state-1','requester-1ref-1repo_hash-1run_id-1pipeline_id-1pipeline_api_id-1');
CREATE TABLE submission_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
INSERT INTO "submission_doc" VALUES(1,'{"id":"Submission:1","timestamp":"2026-03-04T12:00:01.000001Z","requester":"requester-1","pipeline_api_id":"pipeline_api_id-1","pipeline_id":"pipeline_id-1","project_id":"project_id-1","ref":"ref-1","repo_hash":"repo_hash-1","requested_image":"requested_image-1","variables":[{"key":"variables-1.0.key","value":"variables-1.0.value","description":"variables-1.0.description","kind":"variables-1.0.kind","choices":["variables-1.0.choices.0","variables-1.0.choices.1"],"required":true,"pattern":"variables-1.0.pattern","secret":true},{"key":"variables-1.1.key","value":"variables-1.1.value","description":"variables-1.1.description","kind":"variables-1.1.kind","choices":["variables-1.1.choices.0","variables-1.1.choices.1"],"required":true,"pattern":"variables-1.1.pattern","secret":true}],"inputs":{"inputs-1":"inputs-1"},"tree":{"list":[1,2.5,null,true],"text":"tree-1"},"build_plan":{"list":[1,2.5,null,true],"text":"build_plan-1"},"kind":"kind-1","run_id":"run_id-1","pipeline_run_id":"pipeline_run_id-1","state":"state-1"}');
CREATE TABLE sync_state (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	connection TEXT NOT NULL, 
	what TEXT COLLATE "NOCASE" NOT NULL, 
	project_id TEXT NOT NULL, 
	last_success INTEGER, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE sync_state_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE tombstone (
	kind TEXT NOT NULL, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	PRIMARY KEY (kind, id)
);
CREATE TABLE tracked_run (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	connection TEXT NOT NULL, 
	run_id TEXT NOT NULL, 
	experiment_id TEXT NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	status TEXT COLLATE "NOCASE" NOT NULL, 
	lifecycle_stage TEXT COLLATE "NOCASE" NOT NULL, 
	user TEXT COLLATE "NOCASE" NOT NULL, 
	start INTEGER, 
	"end" INTEGER, 
	parent_run_id TEXT NOT NULL, 
	project_id TEXT NOT NULL, 
	pipeline_run_id TEXT NOT NULL, 
	job_run_id TEXT NOT NULL, 
	linked_by TEXT COLLATE "NOCASE" NOT NULL, 
	marks TEXT, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE tracked_run_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE tracked_run_number (
	name TEXT NOT NULL, 
	value REAL NOT NULL, 
	id TEXT NOT NULL, 
	n INTEGER NOT NULL, 
	PRIMARY KEY (name, value, id)
)
 WITHOUT ROWID

;
CREATE TABLE user (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	connection TEXT NOT NULL, 
	username TEXT COLLATE "NOCASE" NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	state TEXT COLLATE "NOCASE" NOT NULL, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE user_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE TABLE user_group (
	n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	connection TEXT NOT NULL, 
	name TEXT COLLATE "NOCASE" NOT NULL, 
	path TEXT COLLATE "NOCASE" NOT NULL, 
	organization_id TEXT NOT NULL, 
	search TEXT NOT NULL, 
	UNIQUE (id)
);
CREATE TABLE user_group_doc (
	n INTEGER NOT NULL, 
	doc TEXT NOT NULL, 
	PRIMARY KEY (n)
);
CREATE INDEX ix_tombstone_revision ON tombstone (revision);
CREATE INDEX ix_project_revision ON project (revision);
CREATE INDEX ix_project_name ON project (name, id);
CREATE INDEX ix_project_create_time ON project (create_time, id);
CREATE INDEX ix_code_repository_revision ON code_repository (revision);
CREATE INDEX ix_data_repository_revision ON data_repository (revision);
CREATE INDEX ix_experiment_repository_revision ON experiment_repository (revision);
CREATE INDEX ix_pipeline_project_id_name ON pipeline (project_id, name, id);
CREATE INDEX ix_pipeline_name ON pipeline (name, id);
CREATE INDEX ix_pipeline_revision ON pipeline (revision);
CREATE INDEX ix_pipeline_job_revision ON pipeline_job (revision);
CREATE INDEX ix_pipeline_job_pipeline_id_order ON pipeline_job (pipeline_id, "order", id);
CREATE INDEX ix_pipeline_api_pipeline_id_name ON pipeline_api (pipeline_id, name, id);
CREATE INDEX ix_pipeline_api_revision ON pipeline_api (revision);
CREATE INDEX ix_submission_project_id_timestamp ON submission (project_id, timestamp, id);
CREATE INDEX ix_submission_pipeline_run_id_timestamp ON submission (pipeline_run_id, timestamp, id);
CREATE INDEX ix_submission_run_id_timestamp ON submission (run_id, timestamp, id);
CREATE INDEX ix_submission_revision ON submission (revision);
CREATE INDEX ix_run_info_pipeline_id_create_time ON run_info (pipeline_id, create_time, id);
CREATE INDEX ix_run_info_revision ON run_info (revision);
CREATE INDEX ix_pipeline_run_updated ON pipeline_run (updated, id);
CREATE INDEX ix_pipeline_run_execution_time ON pipeline_run (execution_time, id);
CREATE INDEX ix_pipeline_run_ref ON pipeline_run (ref, id);
CREATE INDEX ix_pipeline_run_submission_id_created ON pipeline_run (submission_id, created, id);
CREATE INDEX ix_pipeline_run_pipeline_id_created ON pipeline_run (pipeline_id, created, id);
CREATE INDEX ix_pipeline_run_queued_time ON pipeline_run (queued_time, id);
CREATE INDEX ix_pipeline_run_status_created ON pipeline_run (status, created, id);
CREATE INDEX ix_pipeline_run_project_id_created ON pipeline_run (project_id, created, id);
CREATE INDEX ix_pipeline_run_parent_run_id_created ON pipeline_run (parent_run_id, created, id);
CREATE INDEX ix_pipeline_run_triggered_by ON pipeline_run (triggered_by, id);
CREATE INDEX ix_pipeline_run_git_commit_hash_created ON pipeline_run (git_commit_hash, created, id);
CREATE INDEX ix_pipeline_run_run_number ON pipeline_run (run_number, id);
CREATE INDEX ix_pipeline_run_triggered_by_created ON pipeline_run (triggered_by, created, id);
CREATE INDEX ix_pipeline_run_start ON pipeline_run (start, id);
CREATE INDEX ix_pipeline_run_created ON pipeline_run (created, id);
CREATE INDEX ix_pipeline_run_pipeline ON pipeline_run (pipeline, id);
CREATE INDEX ix_pipeline_run_run_info_id_created ON pipeline_run (run_info_id, created, id);
CREATE INDEX ix_pipeline_run_completion ON pipeline_run (completion, id);
CREATE INDEX ix_pipeline_run_status ON pipeline_run (status, id);
CREATE INDEX ix_pipeline_run_git_pipeline_id_created ON pipeline_run (git_pipeline_id, created, id);
CREATE INDEX ix_pipeline_run_revision ON pipeline_run (revision);
CREATE INDEX ix_pipeline_run_ref_created ON pipeline_run (ref, created, id);
CREATE INDEX ix_pipeline_run_number_n ON pipeline_run_number (n);
CREATE INDEX ix_job_run_execution_time ON job_run (execution_time, id);
CREATE INDEX ix_job_run_status_created ON job_run (status, created, id);
CREATE INDEX ix_job_run_name_created ON job_run (name, created, id);
CREATE INDEX ix_job_run_completion ON job_run (completion, id);
CREATE INDEX ix_job_run_created ON job_run (created, id);
CREATE INDEX ix_job_run_git_job_id_created ON job_run (git_job_id, created, id);
CREATE INDEX ix_job_run_project_id_created ON job_run (project_id, created, id);
CREATE INDEX ix_job_run_revision ON job_run (revision);
CREATE INDEX ix_job_run_pipeline_run_id_created ON job_run (pipeline_run_id, created, id);
CREATE INDEX ix_artifact_job_run_id_path ON artifact (job_run_id, path, id);
CREATE INDEX ix_artifact_tracked_run_id_path ON artifact (tracked_run_id, path, id);
CREATE INDEX ix_artifact_revision ON artifact (revision);
CREATE INDEX ix_dataset_artifact_id_name ON dataset (artifact_id, name, id);
CREATE INDEX ix_dataset_revision ON dataset (revision);
CREATE INDEX ix_dataset_digest_name ON dataset (digest, name, id);
CREATE INDEX ix_model_revision ON model (revision);
CREATE INDEX ix_model_artifact_id_name ON model (artifact_id, name, id);
CREATE INDEX ix_tracked_run_job_run_id_start ON tracked_run (job_run_id, start, id);
CREATE INDEX ix_tracked_run_pipeline_run_id_start ON tracked_run (pipeline_run_id, start, id);
CREATE INDEX ix_tracked_run_run_id_start ON tracked_run (run_id, start, id);
CREATE INDEX ix_tracked_run_end ON tracked_run ("end", id);
CREATE INDEX ix_tracked_run_status_start ON tracked_run (status, start, id);
CREATE INDEX ix_tracked_run_start ON tracked_run (start, id);
CREATE INDEX ix_tracked_run_parent_run_id_start ON tracked_run (parent_run_id, start, id);
CREATE INDEX ix_tracked_run_revision ON tracked_run (revision);
CREATE INDEX ix_tracked_run_experiment_id_start ON tracked_run (experiment_id, start, id);
CREATE INDEX ix_tracked_run_project_id_start ON tracked_run (project_id, start, id);
CREATE INDEX ix_tracked_run_status ON tracked_run (status, id);
CREATE INDEX ix_tracked_run_name ON tracked_run (name, id);
CREATE INDEX ix_tracked_run_number_n ON tracked_run_number (n);
CREATE INDEX ix_experiment_revision ON experiment (revision);
CREATE INDEX ix_experiment_name ON experiment (name, id);
CREATE INDEX ix_experiment_updated ON experiment (updated, id);
CREATE INDEX ix_experiment_run_count ON experiment (run_count, id);
CREATE INDEX ix_metric_series_revision ON metric_series (revision);
CREATE INDEX ix_metric_series_tracked_run_id_key ON metric_series (tracked_run_id, "key", id);
CREATE INDEX ix_registered_model_revision ON registered_model (revision);
CREATE INDEX ix_registered_model_updated ON registered_model (updated, id);
CREATE INDEX ix_registered_model_name ON registered_model (name, id);
CREATE INDEX ix_model_version_tracked_run_id_created ON model_version (tracked_run_id, created, id);
CREATE INDEX ix_model_version_revision ON model_version (revision);
CREATE INDEX ix_model_version_pipeline_run_id_created ON model_version (pipeline_run_id, created, id);
CREATE INDEX ix_model_version_name_version_number ON model_version (name, version_number, id);
CREATE INDEX ix_deployment_model_version_id_created ON deployment (model_version_id, created, id);
CREATE INDEX ix_deployment_revision ON deployment (revision);
CREATE INDEX ix_deployment_job_run_id_created ON deployment (job_run_id, created, id);
CREATE INDEX ix_deployment_project_id_created ON deployment (project_id, created, id);
CREATE INDEX ix_prediction_request_deployment_id_created ON prediction_request (deployment_id, created, id);
CREATE INDEX ix_prediction_request_revision ON prediction_request (revision);
CREATE INDEX ix_prediction_response_revision ON prediction_response (revision);
CREATE INDEX ix_user_revision ON user (revision);
CREATE INDEX ix_user_group_revision ON user_group (revision);
CREATE INDEX ix_organization_revision ON organization (revision);
CREATE INDEX ix_membership_user_id_access_level ON membership (user_id, access_level, id);
CREATE INDEX ix_membership_revision ON membership (revision);
CREATE INDEX ix_membership_group_id_access_level ON membership (group_id, access_level, id);
CREATE INDEX ix_membership_project_id_access_level ON membership (project_id, access_level, id);
CREATE INDEX ix_connection_revision ON connection (revision);
CREATE INDEX ix_sync_state_revision ON sync_state (revision);
CREATE INDEX ix_session_revision ON session (revision);
CREATE INDEX ix_command_project_id_created ON command (project_id, created, id);
CREATE INDEX ix_command_created ON command (created, id);
CREATE INDEX ix_command_target_id_created ON command (target_id, created, id);
CREATE INDEX ix_command_result_id_created ON command (result_id, created, id);
CREATE INDEX ix_command_state_created ON command (state, created, id);
CREATE INDEX ix_command_revision ON command (revision);
CREATE INDEX ix_interest_revision ON interest (revision);
CREATE INDEX ix_interest_expires ON interest (expires, id);
CREATE INDEX ix_lease_revision ON lease (revision);
CREATE INDEX ix_label_revision ON label (revision);
CREATE INDEX ix_label_name_created ON label (name, created, id);
CREATE INDEX ix_label_target_id_name ON label (target_id, name, id);
CREATE INDEX ix_note_revision ON note (revision);
CREATE INDEX ix_note_target_id_created ON note (target_id, created, id);
CREATE INDEX ix_engine_state_revision ON engine_state (revision);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('project',1);
INSERT INTO "sqlite_sequence" VALUES('pipeline_api',1);
INSERT INTO "sqlite_sequence" VALUES('note',1);
INSERT INTO "sqlite_sequence" VALUES('submission',1);
INSERT INTO "sqlite_sequence" VALUES('label',1);
INSERT INTO "sqlite_sequence" VALUES('command',1);
COMMIT;
PRAGMA user_version = 1;
PRAGMA application_id = 1281977957;
