#!/bin/sh
# Fills a folder with what keyward needs to run and nothing else: the program, the shared libraries that it loads, the
# certificate authorities, one user. No shell, no package manager. For Debian, where the program was built.
#
#   root.sh PROGRAM FOLDER
set -eu
program=$1 root=$2

mkdir -p "$root/etc/keyward" "$root/etc/ssl/certs" "$root/usr/bin" "$root/var/lib/keyward" "$root/var/lib/dpkg/status.d"
install -m 0755 "$program" "$root/usr/bin/keyward"
strip "$root/usr/bin/keyward"

# ldd names each library as the loader finds it; /lib is a link to /usr/lib in Debian, and becomes one here.
for folder in lib lib64; do
  mkdir -p "$root/usr/$folder"
  ln -sfn "usr/$folder" "$root/$folder"
done
if ldd "$program" | grep 'not found' >&2; then exit 1; fi
libraries=$(ldd "$program" | grep -o '/[^ ]*')
for library in $libraries; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done

# What scanners of images read: which packages these are of, in which versions; and the licences. Debian may know a library by its name
# below /lib or below /usr/lib.
# shellcheck disable=SC2046,SC2086 # one word each
packages=$(dpkg-query -S $libraries $(readlink -f $libraries) 2>/dev/null | sed -n 's/:.*//p' | sort -u)
for package in $packages ca-certificates; do
  dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/$package"
  mkdir -p "$root/usr/share/doc/$package"
  cp -L "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/"
done
# Compiled in, and its licence asks for the notice.
mkdir -p "$root/usr/share/doc/libcli11-dev"
cp -L /usr/share/doc/libcli11-dev/copyright "$root/usr/share/doc/libcli11-dev/"

cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
echo 'keyward:x:65532:65532:keyward:/var/lib/keyward:/sbin/nologin' >"$root/etc/passwd"
echo 'keyward:x:65532:' >"$root/etc/group"
# Others than root cannot give files away; they try the image as the user that they are.
if [ "$(id -u)" = 0 ]; then chown 65532:65532 "$root/var/lib/keyward"; fi
chmod 0755 "$root"
chmod 0700 "$root/var/lib/keyward"
