"""What an Ollama server has: its models by name and digest, what each is made of, and on request their files."""

import json
import time
import urllib.request

from archive import need_room, placed, read, unpack, walk
from containers import data_of
from problem import Problem

MEMBER = "ollama_server/models.json"
# In the license of models that ollama_custom_model made from files.
MADE_FROM_FILES = "Made by selfhosted.llm from sha256:"
# Seconds for a server that has just been started, as after a boot.
PATIENCE = 30


def ask(url, body=None):
    request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # It is this machine that is asked.
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with opener.open(request, timeout=60) as reply:
                return json.load(reply)
        except (OSError, ValueError) as error:
            if time.monotonic() > until or not refused(error):
                raise Problem(f"Ollama does not answer at {url} ({error}): start it first") from error
        time.sleep(1)


def refused(error):
    """Whether nobody listens there, perhaps only not yet."""
    return isinstance(getattr(error, "reason", None), ConnectionRefusedError)


def snapshot(part, copy):
    """Return what the manifest says, and the members. `copy` is a folder for the list."""
    models = ask(f"{part['url']}/api/tags")["models"]
    names = [model["name"] for model in models]
    listed = [described(part["url"], model, names) for model in models]
    path = copy / "models.json"
    path.write_text(json.dumps(listed, indent=1))
    members = [(MEMBER, path)]
    if part["volume"]:
        weights = walk(data_of(part) / "models", "ollama_server/weights")
        # What is being pulled is nothing yet.
        members += [(name, path) for name, path in weights if "-partial" not in path.name]
    about = {
        "version": ask(f"{part['url']}/api/version")["version"],
        "models": [{key: model[key] for key in ("name", "digest", "size", "from")} for model in listed],
        "weights": bool(part["volume"]),
    }
    return about, members


def described(url, model, names):
    """A model, with what it takes to make it again.

    `from` says whence it comes: a registry, the name of the model that it was made from, or files.
    """
    shown = ask(f"{url}/api/show", {"model": model["name"]})
    base = shown["details"].get("parent_model", "")
    came = base if base in names else "files" if MADE_FROM_FILES in (shown.get("license") or "") else "registry"
    recipe = {key: shown[key] for key in ("modelfile", "system", "template", "messages") if shown.get(key)}
    parameters = parameters_from(shown.get("parameters") or "")
    return {
        **{key: model[key] for key in ("name", "digest", "size")},
        "from": came,
        "recipe": {**recipe, **({"parameters": parameters} if parameters else {})},
    }


def parameters_from(text):
    """Parameters in the form of POST /api/create, from that of POST /api/show: a name and a value on each line."""
    found = {}
    for line in text.splitlines():
        name, _space, value = line.partition(" ")
        found.setdefault(name, []).append(value_from(value.strip()))
    return {name: values if name == "stop" else values[-1] for name, values in found.items()}


def value_from(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def put_back(part, archive, passphrase_file, manifest):
    """Put the files of the models back where the archive has them, and make those again that were made from others.

    What comes from a registry comes from there again, which is for who restores to ask for.
    """
    if manifest["parts"]["ollama_server"]["weights"] and part["volume"]:
        place = data_of(part) / "models"
        places = {"ollama_server/weights": place}
        needed = sum(about.get("size", 0) for name, about in manifest["files"].items() if placed(name, places))
        need_room(place, needed, "the weights of the models")
        unpack(archive, passphrase_file, places)
    there = {model["name"] for model in ask(f"{part['url']}/api/tags")["models"]}
    missing = [model for model in json.loads(read(archive, passphrase_file, MEMBER)) if model["name"] not in there]
    # One may be made from another that comes later in the list.
    while made := [model for model in missing if model["from"] in there]:
        for model in made:
            recipe = {key: value for key, value in model["recipe"].items() if key != "modelfile"}
            ask(f"{part['url']}/api/create", {"model": model["name"], "from": model["from"], "stream": False, **recipe})
        there |= {model["name"] for model in made}
        missing = [model for model in missing if model["name"] not in there]
