"""People, and how viewers and engines work together."""

from __future__ import annotations

from data.model import (
    Command,
    Connection,
    EngineState,
    Interest,
    Label,
    Lease,
    Membership,
    Note,
    Organization,
    Session,
    SyncState,
    User,
    UserGroup,
)
from data.store.kinds.common import BY_ID, BY_NAME, NAMED, NEWEST, OF_PROJECT, PROJECT
from data.store.port import Sort
from data.store.specification import Kind, Term, columns

PEOPLE = (
    Kind(
        record=User,
        name="users",
        table="user",
        fields=columns("connection:id username:text name:text state:text"),
        text=("username", "name", "email"),
        default_sort=Sort("username"),
        terms={"status": Term(("state",)), "by": Term(("username",)), **NAMED},
    ),
    Kind(
        record=UserGroup,
        name="groups",
        table="user_group",
        fields=columns("connection:id name:text path:text organization_id:id"),
        text=("name", "path"),
        default_sort=BY_NAME,
        terms=NAMED,
    ),
    Kind(
        record=Organization,
        name="organizations",
        table="organization",
        fields=columns("connection:id name:text path:text"),
        text=("name", "path"),
        default_sort=BY_NAME,
        terms=NAMED,
    ),
    Kind(
        record=Membership,
        name="members",
        table="membership",
        fields=columns("user_id:id username:text name:text project_id:id group_id:id access_level:int state:text"),
        text=("username", "name"),
        default_sort=Sort("access_level", descending=True),
        indexes=(("project_id", "access_level"), ("group_id", "access_level"), ("user_id", "access_level")),
        terms={"project": OF_PROJECT, "by": Term(("username",)), **NAMED},
    ),
)

WORK = (
    Kind(
        record=Connection,
        name="connections",
        table="connection",
        fields=columns("name:text kind:text state:text last_check:time?"),
        text=("name", "url", "last_error"),
        default_sort=BY_NAME,
        terms={"status": Term(("state",)), "kind": Term(("kind",)), **NAMED},
    ),
    Kind(
        record=SyncState,
        name="sync states",
        table="sync_state",
        fields=columns("connection:id what:text project_id:id last_success:time?"),
        text=("what", "last_error"),
        default_sort=BY_ID,
        terms={"project": OF_PROJECT, **NAMED},
    ),
    Kind(
        record=Session,
        name="sessions",
        table="session",
        fields=columns("user_id:id repo_name:text repo_url:text branch:text time:time?"),
        text=("repo_name", "branch"),
        default_sort=BY_ID,
        terms={"ref": Term(("branch",)), **NAMED},
    ),
    Kind(
        record=Command,
        name="commands",
        table="command",
        fields=columns(
            "kind:text connection:id project_id:id target_id:id by:text host:text created:time state:text owner:text "
            "sent:time? finished:time? result_id:id attempts:int"
        ),
        text=("kind", "title", "by", "why", "answer"),
        text_via=(PROJECT,),
        default_sort=NEWEST,
        sorts=("created",),
        indexes=(("state", "created"), ("project_id", "created"), ("target_id", "created"), ("result_id", "created")),
        terms={
            "status": Term(("state",)),
            "project": OF_PROJECT,
            "by": Term(("by",)),
            "kind": Term(("kind",)),
            **NAMED,
        },
    ),
    Kind(
        record=Interest,
        name="interests",
        table="interest",
        fields=columns("viewer:text topic:text expires:time"),
        text=("topic",),
        default_sort=BY_ID,
        sorts=("expires",),
        terms=NAMED,
    ),
    Kind(
        record=Lease,
        name="leases",
        table="lease",
        fields=columns("owner:text host:text token:int expires:time"),
        text=("id", "owner"),
        default_sort=BY_ID,
        terms=NAMED,
    ),
    Kind(
        record=Label,
        name="labels",
        table="label",
        fields=columns("target_id:id name:text value:text by:text created:time?"),
        text=("name", "value"),
        default_sort=BY_NAME,
        indexes=(("target_id", "name"), ("name", "created")),
        terms={"label": Term(("name",)), "by": Term(("by",)), **NAMED},
    ),
    Kind(
        record=Note,
        name="notes",
        table="note",
        fields=columns("target_id:id by:text created:time?"),
        text=("text", "by"),
        default_sort=NEWEST,
        indexes=(("target_id", "created"),),
        terms={"by": Term(("by",)), **NAMED},
    ),
    Kind(
        record=EngineState,
        name="engines",
        table="engine_state",
        fields=columns("host:text pid:int started:time? seen:time?"),
        text=("id", "host"),
        default_sort=BY_ID,
        terms=NAMED,
    ),
)
