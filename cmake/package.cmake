# What is installed, and the Debian package made of it: `cpack -G DEB --config build/release/CPackConfig.cmake`, which
# scripts/package.sh does. Paths are those of Debian 12: what is bound to its Boost 1.81 goes nowhere else.

set(keyward_doc share/doc/keyward)
set(keyward_made ${PROJECT_BINARY_DIR}/package)
file(MAKE_DIRECTORY ${keyward_made})

# Debian's pages and changelogs are compressed, without a time stamp, so that two builds make the same file.
function(keyward_compressed source output)
  add_custom_command(OUTPUT ${keyward_made}/${output} DEPENDS ${source} VERBATIM
    COMMAND sh -c "gzip -9nc \"$1\" >\"$2\"" sh ${PROJECT_SOURCE_DIR}/${source} ${keyward_made}/${output})
endfunction()
keyward_compressed(docs/man/keyward.1 keyward.1.gz)
keyward_compressed(docs/man/keyward.yaml.5 keyward.yaml.5.gz)
keyward_compressed(deploy/debian/changelog changelog.Debian.gz)
foreach(shell bash zsh fish)
  add_custom_command(OUTPUT ${keyward_made}/completion.${shell} DEPENDS keyward VERBATIM
    COMMAND sh -c "\"$1\" completion \"$2\" >\"$3\"" sh $<TARGET_FILE:keyward> ${shell} ${keyward_made}/completion.${shell})
endforeach()
# What it consists of, of the program as it is packed: without symbols. Only for packing, as it asks Debian.
add_custom_command(OUTPUT ${keyward_made}/sbom.spdx.json ${keyward_made}/THIRD-PARTY-NOTICES
  DEPENDS keyward ${PROJECT_SOURCE_DIR}/scripts/sbom.py VERBATIM
  COMMAND ${CMAKE_STRIP} -o ${keyward_made}/keyward $<TARGET_FILE:keyward>
  COMMAND ${PROJECT_SOURCE_DIR}/scripts/sbom.py ${keyward_made}/keyward ${PROJECT_BINARY_DIR} -o ${keyward_made}/sbom.spdx.json
  COMMAND ${PROJECT_SOURCE_DIR}/scripts/sbom.py ${keyward_made}/keyward ${PROJECT_BINARY_DIR} --notices -o ${keyward_made}/THIRD-PARTY-NOTICES)
add_custom_target(keyward_sbom DEPENDS ${keyward_made}/sbom.spdx.json ${keyward_made}/THIRD-PARTY-NOTICES)
add_custom_target(keyward_package_files ALL DEPENDS
  ${keyward_made}/keyward.1.gz ${keyward_made}/keyward.yaml.5.gz ${keyward_made}/changelog.Debian.gz
  ${keyward_made}/completion.bash ${keyward_made}/completion.zsh ${keyward_made}/completion.fish)

install(TARGETS keyward RUNTIME DESTINATION bin)
install(FILES config.yaml DESTINATION /etc/keyward PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ)
install(FILES deploy/systemd/keyward.service deploy/systemd/keyward.timer deploy/systemd/keyward-failure@.service
  DESTINATION /lib/systemd/system)
install(FILES ${keyward_made}/keyward.1.gz DESTINATION share/man/man1)
install(FILES ${keyward_made}/keyward.yaml.5.gz DESTINATION share/man/man5)
install(FILES ${keyward_made}/completion.bash DESTINATION share/bash-completion/completions RENAME keyward)
install(FILES ${keyward_made}/completion.zsh DESTINATION share/zsh/vendor-completions RENAME _keyward)
install(FILES ${keyward_made}/completion.fish DESTINATION share/fish/vendor_completions.d RENAME keyward.fish)
install(FILES README.md deploy/debian/copyright ${keyward_made}/changelog.Debian.gz DESTINATION ${keyward_doc})
install(FILES ${keyward_made}/sbom.spdx.json ${keyward_made}/THIRD-PARTY-NOTICES DESTINATION ${keyward_doc} OPTIONAL)
install(FILES deploy/debian/lintian-overrides DESTINATION share/lintian/overrides RENAME keyward)
install(DIRECTORY docs/ DESTINATION ${keyward_doc}/docs FILES_MATCHING PATTERN "*.md" PATTERN "man" EXCLUDE PATTERN "pictures" EXCLUDE
  PATTERN "schema" EXCLUDE)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME keyward)
set(CPACK_PACKAGE_CONTACT "keyward maintainers <keyward@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "rotates the IAM access keys of an AWS Organization")
# Destinations outside the prefix, such as /etc, need DESTDIR.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
# `preinstall` would build the tests, too; scripts/package.sh builds what is packed.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS systemd)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Once a day keyward lists the accounts of an AWS Organization, assumes a role
in each that takes part, audits every IAM user access key, and rotates,
deactivates and deletes keys when they are due. Each new key goes to AWS
Secrets Manager, and the owners are told.
.
The package brings a systemd service and a timer. It enables neither, and the
configuration is dry and names no account.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/deploy/debian/conffiles ${PROJECT_SOURCE_DIR}/deploy/debian/postinst
  ${PROJECT_SOURCE_DIR}/deploy/debian/prerm ${PROJECT_SOURCE_DIR}/deploy/debian/postrm)
include(CPack)
