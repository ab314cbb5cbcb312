#!/usr/bin/env bash
# Usage: repository.sh VERSION. Puts /build/bin into packages as NVIDIA cuts
# them, and those into the signed repository /nvidia.
set -euo pipefail
version=$1
module=$(go mod download -json "github.com/NVIDIA/nvidia-container-toolkit@v$version" | sed -n 's/.*"Dir": "\(.*\)",/\1/p')

package() {
  local name=$1 depends=$2 tree=/build/tree/$1
  shift 2
  mkdir -p "$tree/DEBIAN" "$tree/usr/bin" /nvidia
  install -m 0755 "$@" "$tree/usr/bin"
  cat >"$tree/DEBIAN/control" <<END
Package: $name
Version: $version-1
Architecture: $(dpkg --print-architecture)
Maintainer: selfhosted.llm contributors
Depends: $depends
Description: $name, for tests on machines without a GPU
END
  # What NVIDIA's own package does when it is installed: it writes config.toml.
  if [ -e "$module/packaging/debian/$name.postinst" ]; then
    sed '/#DEBHELPER#/d' "$module/packaging/debian/$name.postinst" >"$tree/DEBIAN/postinst"
    chmod 0755 "$tree/DEBIAN/postinst"
  fi
  dpkg-deb --root-owner-group --build "$tree" /nvidia
}

package libnvidia-container-tools libc6 /build/nvidia-container-cli
package nvidia-container-toolkit-base libc6 /build/bin/nvidia-container-runtime /build/bin/nvidia-ctk
package nvidia-container-toolkit "nvidia-container-toolkit-base (= $version-1), libnvidia-container-tools (= $version-1)" \
  /build/bin/nvidia-container-runtime-hook

# The key that signs is thrown away with this stage.
cd /nvidia
apt-ftparchive packages . >Packages
apt-ftparchive release . >/build/Release
gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-generate-key nvidia rsa3072 sign never
gpg --batch --clearsign --output InRelease /build/Release
gpg --batch --armor --export >gpgkey
