#!/usr/bin/env bash
# Usage: bundle_packages.sh FOLDER RELEASE ARCHITECTURE MIRROR PACKAGE... Makes FOLDER/RELEASE-ARCHITECTURE.tar, a
# repository for apt with these packages and all that they depend on, whatever the release of this machine is.
set -euo pipefail
folder=$1 release=$2 architecture=$3 mirror=$4
shift 4
state=$(mktemp --directory --tmpdir="$folder")
mkdir -p "$state/lists/partial" "$state/archives/partial"
# Installed is nothing: what the other machine has already is not known here.
touch "$state/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main" >"$state/sources.list"
apt() {
  apt-get --quiet --quiet --option=Dir::Etc::SourceList="$state/sources.list" --option=Dir::Etc::SourceParts=- \
    --option=Dir::State="$state" --option=Dir::State::Lists="$state/lists" --option=Dir::State::status="$state/status" \
    --option=Dir::Cache="$state" --option=APT::Architecture="$architecture" --option=APT::Sandbox::User=root \
    --option=APT::Install-Recommends=false --option=APT::Update::Error-Mode=any --option=Debug::NoLocking=true "$@"
}
apt update
apt install --yes --download-only "$@" >/dev/null
cd "$state/archives"
rm -rf lock partial
for package in *.deb; do
  dpkg-deb --field "$package"
  echo "Filename: ./$package"
  echo "Size: $(stat --format=%s "$package")"
  echo "SHA256: $(sha256sum "$package" | cut -d' ' -f1)"
  echo
done >Packages
tar --create --file="$folder/$release-$architecture.tar" ./*.deb Packages
rm -rf "$state"
