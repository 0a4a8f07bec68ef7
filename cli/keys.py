"""keys: who may use the server, and for what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import AsJson
from cli.session import services_of
from gallery.domain.access import Scope, parse_duration, utc_now

if TYPE_CHECKING:
    from gallery.domain.access import Key

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def keys() -> None:
    """Make, list and revoke the keys that the server asks for.

    While there is none, the server is for this machine only and asks nobody.
    """


@app.command()
def create(
    context: typer.Context,
    scope: Annotated[
        list[Scope],
        typer.Option(
            help="What the key may do; may be repeated. verify: compare photos, check a photo "
            "against a person. identify: ask who a photo shows. enroll: create people, add faces, "
            "see people. admin: everything."
        ),
    ],
    identity: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Bind the key to this person: it reaches nobody else."),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="How long it is good for, as in 90d or 12h. Left out: for ever."
        ),
    ] = None,
    scores: Annotated[
        bool,
        typer.Option(
            "--scores",
            help="Tell distances to a key that may only verify. Without, it is told the verdict "
            "alone: a distance shows an attacker which change of a photo came nearer.",
        ),
    ] = False,
    name: Annotated[
        str | None, typer.Option(metavar="LABEL", help="What it is for, shown in the list.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, this once: only its SHA-256 is stored.

    Standard output is the key alone, so that a script can take it.
    """
    from cli.output import print_json, say, warn
    from gallery.services import wire

    valid_for = None if expires is None else parse_duration(expires)
    with services_of(context, create=True) as services:
        person = None if identity is None else services.identities.find(identity)
        issued = services.keys.create(
            scope,
            name=name,
            identity_id=None if person is None else person.id,
            valid_for=valid_for,
            scores=scores,
        )
        try:
            if as_json:
                print_json({**wire.key(issued.key), "key": issued.text})
                return
            say(issued.text)
        except OSError:  # nobody has seen it, and nobody ever can
            services.keys.revoke(issued.key.id)
            raise
    warn(
        f"Keep it now: it cannot be shown again. It may {_all(issued.key.scopes)}, "
        f"{_until(issued.key)}. Send it as `Authorization: Bearer KEY`; "
        f"`gallery keys revoke {issued.key.id}` ends it."
    )


@app.command("list")
def list_keys(context: typer.Context, as_json: AsJson = False) -> None:
    """List the keys, those that no longer open anything too."""
    from cli.output import cell, print_json, print_table, say, table
    from gallery.services import wire

    with services_of(context) as services:
        found = services.keys.list()
    if as_json:
        print_json({"keys": [wire.key(key) for key in found]})
    elif not found:
        say("There is no key yet. Make one: gallery keys create --scope verify")
    else:
        rows = table("Id", "Name", "Scopes", "Person", "Scores", "State", "Last used (UTC)")
        for key in found:
            used = key.last_used_at
            rows.add_row(
                cell(key.id),
                cell(key.name),
                cell(_all(key.scopes)),
                cell(_person(key)),
                cell("told" if key.sees_scores else "hidden"),
                cell(_state(key)),
                cell("never" if used is None else f"{used:%Y-%m-%d %H:%M}"),
            )
        print_table(rows)


@app.command()
def revoke(
    context: typer.Context,
    key_id: Annotated[
        str, typer.Argument(metavar="ID", help="The key's id, as gallery keys list tells it.")
    ],
    as_json: AsJson = False,
) -> None:
    """End a key. It opens nothing from now on, and who signed in with it is signed out."""
    from cli.output import print_json, say
    from gallery.services import wire

    with services_of(context) as services:
        key = services.keys.revoke(key_id)
    if as_json:
        print_json({"revoked": wire.key(key)})
    else:
        say(f"Key {key.id} ({key.name}) is revoked.")


def _all(scopes: frozenset[Scope]) -> str:
    return ", ".join(sorted(scopes))


def _until(key: Key) -> str:
    return "for ever" if key.expires_at is None else f"until {key.expires_at:%Y-%m-%d %H:%M} UTC"


def _person(key: Key) -> str:
    if key.identity_id is None:
        return "everybody"
    return key.identity_name or "(removed)"


def _state(key: Key) -> str:
    now = utc_now()
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    if key.orphaned:
        return "person removed"
    if key.expired(now):
        return f"expired {key.expires_at:%Y-%m-%d}"
    return _until(key)
