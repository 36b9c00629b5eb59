#!/usr/bin/env bash
# Brings Apache Kafka's jars to build/kafka, once, where Java and Maven are; elsewhere it does nothing and is content.
set -euo pipefail
cd "$(dirname "$0")/../.."

jars=build/kafka
stamp=$jars/fetched.stamp
if [ "$stamp" -nt tools/kafka/pom.xml ]; then
  exit 0
fi
if ! command -v java > /dev/null || ! command -v mvn > /dev/null; then
  exit 0
fi
echo "kafka: fetching its jars with Maven ..." >&2
rm -rf "$jars"
if mvn -q -B -f tools/kafka/pom.xml dependency:copy-dependencies \
  -DoutputDirectory="$PWD/$jars" -DincludeScope=runtime >&2; then
  touch "$stamp"
else
  echo "kafka: Maven could not fetch them; there will be no real Kafka" >&2
  rm -rf "$jars"
fi
