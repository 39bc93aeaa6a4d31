"""What the plugin `data-privatelink` 2.0.1 of Heroku's CLI asks of the Data API, and prints.

    plugin.py data:privatelink:create ADD-ON --aws-account-id PRINCIPAL... --app APP
    plugin.py data:privatelink[:wait|:destroy|:access] ADD-ON --app APP
    plugin.py data:privatelink:access:add|remove ADD-ON --aws-account-id PRINCIPAL... --app APP

npm does not serve the plugin. `HEROKU_HOST` and `HEROKU_API_KEY` are used as the CLI does, and
pauses are as much shorter as `SIMULATED_SPEED` says that the clouds are faster than real ones.
"""

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request

ACCEPT = "application/vnd.heroku+json; version=3"
REQUEST_SECONDS = 60
# Twenty minutes. The plugin itself looks for ever.
LOOKS, LOOK_SECONDS = 400, 3


class Refused(Exception):
    """An error of the server's."""


def request(method, path, body=None, **headers):
    """The parsed reply to a request."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Accept": ACCEPT, "Authorization": f"Bearer {os.environ['HEROKU_API_KEY']}",
               **({"Content-Type": "application/json"} if data else {}), **headers}
    call = urllib.request.Request(os.environ["HEROKU_HOST"] + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(call, timeout=REQUEST_SECONDS) as reply:
            return json.loads(reply.read() or b"{}")
    except urllib.error.HTTPError as error:
        try:
            body = json.loads(error.read())
        except ValueError:
            body = {}
        raise Refused(body.get("message", f"HTTP Error {error.code}"), body.get("id")) from error


def resolved(addon, app):
    """The name of the add-on that an app knows as `addon`."""
    found = request("POST", "/actions/addons/resolve", {"addon": addon, "app": app},
                    **{"Accept": f"{ACCEPT}.sdk", "Accept-Expansion": "addon_service,plan"})
    if len(found) != 1:
        raise Refused(f"{addon} is the name of {len(found)} add-ons.", "multiple_matches")
    return found[0]["name"], found[0]["addon_service"]["name"]


def table(*rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print(" ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def accounts(link):
    table(("ARN", "Status"), *((a["arn"], a["status"]) for a in link["allowed_accounts"]))


def state(link):
    print(f"Service Name: {link['service_name'] or 'Provisioning'}")
    print(f"Status:       {link['status']}\n")


def create(name, _, path, options):
    link = request("POST", path, {"allowed_accounts": options.principals})
    print("Creating privatelink endpoint... done\n")
    state(link)
    print(f"The privatelink endpoint is now being provisioned for {name}.")
    print(f"Run heroku data:privatelink:wait {name} --app APP to check the creation process.")


def show(name, service, path, _):
    link = request("GET", path)
    print(f"=== privatelink endpoint status for {name}\n")
    state(link)
    if link["allowed_accounts"]:
        print("=== Allowed Accounts\n")
        accounts(link)
        print()
    if link["connections"]:
        print("=== Connections\n")
        table(("Endpoint ID", "Owner ARN", "Status"),
              *((c["endpoint_id"], c["owner_arn"], c["status"]) for c in link["connections"]))
    elif link["status"] == "Operational":
        print("Your privatelink endpoint is now operational.")
        print("You must now copy the Service Name and follow the rest of the steps listed in "
              f"https://devcenter.heroku.com/articles/{service}-via-privatelink.")


def wait(_name, _service, path, _options):
    pause = LOOK_SECONDS / float(os.environ.get("SIMULATED_SPEED", "1"))
    for look in range(LOOKS):
        if look:
            time.sleep(pause)
        if request("GET", path)["status"] == "Operational":
            print("Waiting for the privatelink endpoint to be provisioned... done")
            return
    raise Refused(f"Not operational after {LOOKS} looks.")


def destroy(_name, _service, path, _options):
    request("DELETE", path)
    print("Destroying privatelink endpoint... done")


def add(_name, _service, path, options):
    request("PUT", f"{path}/allowed_accounts", {"allowed_accounts": options.principals})
    print("Adding account... done")


def remove(_name, _service, path, options):
    request("PATCH", f"{path}/allowed_accounts", {"allowed_accounts": options.principals})
    print("Removing account... done")


def access(_name, _service, path, _options):
    accounts(request("GET", path))


COMMANDS = {
    "data:privatelink": show,
    "data:privatelink:create": create,
    "data:privatelink:wait": wait,
    "data:privatelink:destroy": destroy,
    "data:privatelink:access": access,
    "data:privatelink:access:add": add,
    "data:privatelink:access:remove": remove,
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("addon")
    parser.add_argument("-a", "--app", required=True)
    parser.add_argument("-i", "--aws-account-id", dest="principals", action="append")
    options = parser.parse_args()
    try:
        name, service = resolved(options.addon, options.app)
        path = f"/private-link/v0/databases/{name}"
        COMMANDS[options.command](name, service, path, options)
    except Refused as error:
        message, *id_ = error.args
        print(f" ›   Error: {message}", file=sys.stderr)
        if id_ and id_[0]:
            print(f" ›\n ›   Error ID: {id_[0]}", file=sys.stderr)
        sys.exit(2)


main()
