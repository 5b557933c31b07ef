"""Reads commands of aws and sam as JSON, {words, mentioned}, one a line; prints what is wrong with each, by the models of botocore and by sam itself."""

import json
import sys

import botocore.session
from botocore import xform_name
from samcli.cli.main import cli

# What the AWS CLI takes beside the members of an operation, and what it does by itself.
GLOBAL = {"region", "query", "output", "profile", "no-cli-pager", "endpoint-url", "cli-binary-format"}
OWN = {("logs", "tail"): {"since", "follow", "filter-pattern", "format"}}


def options_of(words):
    return [(word[2:], words[at + 1] if at + 1 < len(words) else None) for at, word in enumerate(words) if word.startswith("--")]


def wrong_value(shape, value):
    if value is None or value.startswith("--"):
        return None if shape.type_name == "boolean" else "has no value"
    enum = getattr(shape, "enum", None)
    if enum and value not in enum:
        return f"{value} is none of {', '.join(enum)}"
    return None


def wrong_aws(session, words, mentioned):
    service, operation, *rest = [*words, *[""] * (2 - len(words))]
    if mentioned and operation == "":
        return []
    if (service, operation) in OWN:
        return [f"--{name}" for name, _ in options_of(rest) if name not in OWN[(service, operation)] | GLOBAL]
    if service not in session.get_available_services():
        return [f"there is no service {service}"]
    model = session.get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in names:
        return [f"{service} has no operation {operation}"]
    shape = model.operation_model(names[operation]).input_shape
    members = {xform_name(name, "-"): (name, member) for name, member in (shape.members if shape else {}).items()}
    found, given = [], set()
    for name, value in options_of(rest):
        plain = name[3:] if name.startswith("no-") and name[3:] in members else name
        if plain in members:
            given.add(members[plain][0])
            wrong = wrong_value(members[plain][1], value)
            found += [f"--{name} {wrong}"] if wrong else []
        elif plain not in GLOBAL:
            found.append(f"there is no option --{name}")
    if mentioned:
        return found
    return found + [f"--{xform_name(name, '-')} is missing" for name in (shape.required_members if shape else []) if name not in given]


def wrong_sam(words):
    context = cli.make_context("sam", [], resilient_parsing=True)
    command = cli.get_command(context, words[0])
    if command is None:
        return [f"sam has no command {words[0]}"]
    known = {option for param in command.params for option in list(param.opts) + list(param.secondary_opts)}
    return [f"sam {words[0]} has no option {word}" for word in words[1:] if word.startswith("--") and word not in known]


def main():
    session = botocore.session.get_session()
    for line in sys.stdin:
        one = json.loads(line)
        tool, *words = one["words"]
        found = wrong_aws(session, words, one["mentioned"]) if tool == "aws" else wrong_sam(words)
        for wrong in found:
            print(json.dumps({**one, "wrong": wrong}))


main()
