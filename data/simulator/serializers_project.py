"""GitLab's JSON of people, projects, commits, runners and variables, as lib/api/entities and the API docs show it."""

from __future__ import annotations

from typing import Any

from data.simulator.chance import digest
from data.simulator.clock import iso, iso_or_none
from data.simulator.entities import (
    Access,
    Branch,
    CiVariable,
    Commit,
    Pipeline,
    Project,
    Runner,
    Tag,
    Token,
    User,
    Variable,
)
from data.simulator.logs import LogBook
from data.simulator.world import World

Json = dict[str, Any]
"""One JSON object."""


class ProjectSerializer:
    """Turns entities into JSON objects. `base` is the server's external URL without a slash at its end."""

    def __init__(self, world: World, logs: LogBook, base: str = "http://127.0.0.1") -> None:
        self.world, self.logs, self.base = world, logs, base

    def user(self, user: User) -> Json:
        """UserBasic."""
        return {
            "id": user.id,
            "username": user.username,
            "public_email": "",
            "name": user.name,
            "state": user.state,
            "locked": False,
            "avatar_url": f"{self.base}/uploads/-/system/user/avatar/{user.id}/avatar.png",
            "web_url": f"{self.base}/{user.username}",
        }

    def public_user(self, user: User) -> Json:
        """User, as it stands in jobs."""
        empty = dict.fromkeys(
            ("public_email", "linkedin", "twitter", "discord", "website_url", "organization", "job_title"), ""
        )
        return {
            **self.user(user),
            **empty,
            "created_at": iso(user.created_at),
            "bio": user.bio,
            "location": "",
            "pronouns": None,
            "bot": False,
            "work_information": None,
            "followers": 0,
            "following": 0,
            "local_time": None,
        }

    def me(self, user: User) -> Json:
        """UserPublic, the answer of GET /user."""
        more = {"email": user.email, "last_sign_in_at": iso(self.world.born), "confirmed_at": iso(user.created_at)}
        flags = {
            "two_factor_enabled": True,
            "external": False,
            "private_profile": False,
            "can_create_group": True,
            "can_create_project": True,
            "projects_limit": 100_000,
            "theme_id": 1,
            "color_scheme_id": 1,
            "identities": [],
            "commit_email": user.email,
            "current_sign_in_at": iso(self.world.born),
        }
        return self.public_user(user) | more | flags

    def member(self, user: User, level: Access) -> Json:
        """Member."""
        return self.user(user) | {
            "access_level": int(level),
            "created_at": iso(user.created_at),
            "expires_at": None,
            "membership_state": "active",
        }

    def token(self, token: Token) -> Json:
        """PersonalAccessToken without its value."""
        expired = token.expires_at is not None and token.expires_at <= self.world.time
        return {
            "id": token.id,
            "name": token.name,
            "revoked": token.revoked,
            "created_at": iso(token.created_at),
            "description": f"Simulator token {token.name}",
            "scopes": list(token.scopes),
            "user_id": token.user.id,
            "last_used_at": iso_or_none(token.last_used_at),
            "active": not token.revoked and not expired,
            "expires_at": None if token.expires_at is None else iso(token.expires_at)[:10],
        }

    def project_basic(self, project: Project) -> Json:
        """BasicProjectDetails, the answer of `simple=true`."""
        group, url = project.group, f"{self.base}/{project.full_path}"
        names: list[str] = []
        above = group
        while True:
            names.insert(0, above.name)
            if above.parent is None:
                break
            above = above.parent
        parent = group.parent.id if group.parent else None
        return {
            "id": project.id,
            "description": project.theme.description,
            "name": project.name,
            "name_with_namespace": " / ".join([*names, project.name]),
            "path": project.path,
            "path_with_namespace": project.full_path,
            "created_at": iso(project.created_at),
            "default_branch": project.default_branch,
            "tag_list": list(project.theme.topics),
            "topics": list(project.theme.topics),
            "ssh_url_to_repo": f"git@gitlab.example.com:{project.full_path}.git",
            "http_url_to_repo": f"{url}.git",
            "web_url": url,
            "readme_url": f"{url}/-/blob/main/README.md",
            "forks_count": 0,
            "avatar_url": None,
            "star_count": project.id % 7,
            "last_activity_at": iso(project.last_activity_at),
            "visibility": "private",
            "namespace": {
                "id": group.id,
                "name": group.name,
                "path": group.path,
                "kind": "group",
                "full_path": group.full_path,
                "parent_id": parent,
                "avatar_url": None,
                "web_url": f"{self.base}/groups/{group.full_path}",
            },
        }

    def project(self, project: Project, user: User) -> Json:
        """Project as `user` sees it."""
        level = self.world.access(user, project)
        found = self.project_basic(project) | {
            "archived": project.archived,
            "empty_repo": False,
            "jobs_enabled": project.jobs_enabled,
            "builds_access_level": "enabled" if project.jobs_enabled else "disabled",
            "creator_id": self.world.users["ada"].id,
            "import_status": "none",
            "open_issues_count": 0,
            "updated_at": iso(project.last_activity_at),
            "shared_runners_enabled": True,
            "merge_method": "merge",
            "permissions": {
                "project_access": {"access_level": int(level), "notification_level": 3} if level else None,
                "group_access": None,
            },
        }
        if level >= Access.REPORTER:
            found |= {"ci_config_path": None, "ci_default_git_depth": 20, "build_timeout": 7_200, "public_jobs": True}
        if level >= Access.MAINTAINER:
            role = project.variables_role
            found |= {"runners_token": None, "ci_pipeline_variables_minimum_override_role": role}
            found["restrict_user_defined_variables"] = role != "developer"
        return found

    def commit(self, commit: Commit, project: Project) -> Json:
        """Commit."""
        who, at = commit.author, iso(commit.created_at)
        return {
            "id": commit.sha,
            "short_id": commit.sha[:8],
            "created_at": at,
            "parent_ids": list(commit.parents),
            "title": commit.title,
            "message": commit.message,
            "author_name": who.name,
            "author_email": who.email,
            "authored_date": at,
            "committer_name": who.name,
            "committer_email": who.email,
            "committed_date": at,
            "trailers": {},
            "extended_trailers": {},
            "web_url": f"{self.base}/{project.full_path}/-/commit/{commit.sha}",
        }

    def commit_detail(self, commit: Commit, project: Project) -> Json:
        """CommitDetail: with size of the change and the commit's last pipeline."""
        changed = int(commit.sha[:4], 16) % 90 + 1
        last = next(
            (p for p in reversed(list(project.pipelines.values())) if p.sha == commit.sha and not p.is_child), None
        )
        return self.commit(commit, project) | {
            "stats": {"additions": changed, "deletions": changed // 3, "total": changed + changed // 3},
            "status": last.status if last else None,
            "project_id": project.id,
            "last_pipeline": self.pipeline_basic(last) if last else None,
        }

    def branch(self, branch: Branch, project: Project, user: User) -> Json:
        """Branch; whoever is not allowed to push to a protected one may still be allowed to merge to it."""
        needed = Access.MAINTAINER if branch.protected else Access.DEVELOPER
        return {
            "name": branch.name,
            "commit": self.commit(branch.head, project),
            "merged": False,
            "protected": branch.protected,
            "developers_can_push": False,
            "developers_can_merge": branch.protected and branch.developers_can_merge,
            "can_push": self.world.access(user, project) >= needed,
            "default": branch.name == project.default_branch,
            "web_url": f"{self.base}/{project.full_path}/-/tree/{branch.name}",
        }

    def tag(self, tag: Tag, project: Project) -> Json:
        """Tag."""
        return {
            "name": tag.name,
            "message": tag.message,
            "target": tag.commit.sha,
            "commit": self.commit(tag.commit, project),
            "release": None,
            "protected": tag.protected,
            "created_at": iso(tag.commit.created_at),
        }

    def pipeline_basic(self, pipeline: Pipeline) -> Json:
        """PipelineBasic: without user, times of its run and name."""
        return {
            "id": pipeline.id,
            "iid": pipeline.iid,
            "project_id": pipeline.project.id,
            "sha": pipeline.sha,
            "ref": pipeline.ref,
            "status": pipeline.status,
            "source": pipeline.source,
            "created_at": iso(pipeline.created_at),
            "updated_at": iso(pipeline.updated_at),
            "web_url": f"{self.base}/{pipeline.project.full_path}/-/pipelines/{pipeline.id}",
        }

    def runner(self, runner: Runner) -> Json:
        """Runner."""
        return {
            "id": runner.id,
            "description": runner.description,
            "ip_address": "10.0.4.17",
            "active": not runner.paused,
            "paused": runner.paused,
            "is_shared": True,
            "runner_type": "instance_type",
            "name": "gitlab-runner",
            "online": runner.online,
            "created_by": None,
            "created_at": iso(runner.created_at),
            "status": "online" if runner.online else "offline",
            "job_execution_status": "active" if runner.busy else "idle",
        }

    def runner_detail(self, runner: Runner) -> Json:
        """RunnerDetails."""
        return self.runner(runner) | {
            "tag_list": [runner.tag],
            "run_untagged": False,
            "locked": False,
            "maximum_timeout": None,
            "access_level": "not_protected",
            "version": "18.9.0",
            "revision": "07e534ba",
            "platform": "linux",
            "architecture": "amd64",
            "contacted_at": iso(self.world.time),
            "maintenance_note": None,
            "projects": [],
            "groups": [],
        }

    def runner_manager(self, runner: Runner) -> Json:
        """RunnerManager."""
        return {
            "id": runner.id + 100,
            "system_id": f"s_{digest(runner.description)[:12]}",
            "version": "18.9.0",
            "revision": "07e534ba",
            "platform": "linux",
            "architecture": "amd64",
            "created_at": iso(runner.created_at),
            "contacted_at": iso(self.world.time),
            "ip_address": "10.0.4.17",
            "status": "online" if runner.online else "offline",
        }

    def ci_variable(self, variable: CiVariable) -> Json:
        """Variable of a project's settings; a hidden one has no value."""
        return {
            "variable_type": "env_var",
            "key": variable.key,
            "value": None if variable.hidden else variable.value,
            "hidden": variable.hidden,
            "protected": variable.protected,
            "masked": variable.masked,
            "raw": False,
            "environment_scope": "*",
            "description": variable.description,
        }

    def variable(self, variable: Variable) -> Json:
        """Pipeline variable."""
        return {"variable_type": variable.variable_type, "key": variable.key, "value": variable.value, "raw": False}
