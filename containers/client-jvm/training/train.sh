#!/bin/sh
# Makes /assay/classes.jsa from one log-in.
set -e
keytool -genkeypair -alias training -keyalg EC -dname CN=training.test -ext san=dns:training.test \
  -keystore server.p12 -storepass training -keypass training 2>/dev/null
keytool -exportcert -rfc -alias training -keystore server.p12 -storepass training >ca.pem 2>/dev/null
export ASSAY_CA_FILE=/tmp/training/ca.pem
java -cp /tmp/training Training java -XX:ArchiveClassesAtExit=/assay/classes.jsa @/assay/jvm.options Driver
# Refuses an archive that does not fit.
printf '{"id":1,"method":"shutdown"}\n' \
  | java -Xshare:on -XX:SharedArchiveFile=/assay/classes.jsa @/assay/jvm.options Driver
