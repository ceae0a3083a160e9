"""Sources: each talks to one server and returns records. Only `data.engine` calls them.

gitlab/   GitLab through python-gitlab
mlflow/   MLflow through its REST API and its client
http.py   what both share: session, time-outs, rate limits, redaction
faults.py what goes wrong below HTTP, in sentences
"""
