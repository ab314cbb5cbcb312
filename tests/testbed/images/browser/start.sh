#!/usr/bin/env bash
# Trusts the authority that is given, as a device does whose owner was told to,
# and waits for somebody to steer the browser.
set -eu
mkdir --parents ~/.pki/nssdb
certutil -d sql:"$HOME/.pki/nssdb" -N --empty-password
certutil -d sql:"$HOME/.pki/nssdb" -A -n authority -t C,, -i /etc/playwright/authority.crt
exec /opt/playwright/bin/playwright launch-server --browser=chromium --config=/etc/playwright/launch.json
