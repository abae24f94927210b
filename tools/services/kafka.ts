/**
 * Kafka: one node of Apache's own jars (kafka-jars.json) as broker and controller, on the loopback address.
 * Law: topics are made by who needs them, never by a typing error. What it acknowledged survives kill -9 of the process
 *      (the system's cache holds it), not of the machine.
 */
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { fetchJars, jarFolder } from "./jars.ts";
import { PING_MS_MAX } from "./limits.ts";
import { HOST } from "./ports.ts";
import type { Command } from "./processes.ts";
import { run } from "./run.ts";
import { dataOf, NotInstalled, type Place, type Recipe, withinPing } from "./server.ts";

const JAVA_MIN = 17; // What Kafka 4 needs.
const JAVA_PACKAGES = ["openjdk-21-jre-headless", "openjdk-17-jre-headless", "openjdk-25-jre-headless"];
const HEAP = ["-Xms128m", "-Xmx768m"];
const LOG_LEVELS_FILE = new URL("./kafka-log4j2.properties", import.meta.url).pathname;

export const kafka: Recipe = {
  kind: "kafka",
  portCount: 2, // Clients', and the controller's own.
  setting: "KAFKA_BROKERS",
  stopSignal: "SIGTERM",
  async find(job) {
    await checkJava();
    await fetchJars(job);
  },
  async create(place, signal) {
    await writeSettings(place);
    const clusterId = randomBytes(16).toString("base64url"); // Kafka's own form of a UUID.
    const format = ["format", "--standalone", `--cluster-id=${clusterId}`, "--config", settingsFile(place)];
    await run(java(["kafka.tools.StorageTool", ...format]), { signal });
  },
  async command(place) {
    await writeSettings(place);
    return java(["kafka.Kafka", settingsFile(place)]);
  },
  async ping({ ports: [port] }) {
    const client = new Kafka({
      brokers: [`${HOST}:${port}`],
      logLevel: logLevel.NOTHING,
      connectionTimeout: PING_MS_MAX,
      requestTimeout: PING_MS_MAX,
      retry: { retries: 0 },
    });
    const admin = client.admin();
    try {
      await withinPing("kafka", admin.connect());
      const { brokers, controller } = await withinPing("kafka", admin.describeCluster());
      // A broker is named only once the controller lets it serve.
      if (brokers.length === 0 || controller === null) throw new Error("no broker serves yet");
    } finally {
      await withinPing("kafka", admin.disconnect());
    }
  },
  url: ({ ports: [port] }: Place) => `${HOST}:${port}`,
};

const settingsFile = ({ folder }: Place) => join(folder, "server.properties");

async function writeSettings(place: Place): Promise<void> {
  const [port, controllerPort] = place.ports;
  const listeners = `CLIENTS://${HOST}:${port},CONTROLLER://${HOST}:${controllerPort}`;
  const settings = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.bootstrap.servers": `${HOST}:${controllerPort}`,
    listeners,
    "advertised.listeners": listeners,
    "listener.security.protocol.map": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "CLIENTS",
    "log.dirs": dataOf(place),
    "auto.create.topics.enable": false,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 8,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 8,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0, // There is nobody to wait for.
    // A broker killed and started again is let in when its old session is over.
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 500,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(settingsFile(place), lines.join(""));
}

function java(args: readonly string[]): Command {
  const options = [...HEAP, "-XX:+ExitOnOutOfMemoryError", `-Dlog4j2.configurationFile=${LOG_LEVELS_FILE}`];
  return { program: javaProgram(), args: [...options, "-cp", join(jarFolder(), "*"), ...args] };
}

function javaProgram(): string {
  const home = process.env["JAVA_HOME"];
  return home ? join(home, "bin/java") : "java";
}

async function checkJava(): Promise<void> {
  let said: string;
  try {
    said = await run({ program: javaProgram(), args: ["-version"] });
  } catch {
    throw new NotInstalled(`Java is not installed (${javaProgram()} does not run)`, JAVA_PACKAGES);
  }
  const version = Number(/version "(\d+)/.exec(said)?.[1]);
  if (!(version >= JAVA_MIN)) {
    throw new NotInstalled(`${javaProgram()} is Java ${version}; Kafka needs ${JAVA_MIN} or newer`, JAVA_PACKAGES);
  }
}
