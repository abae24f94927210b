/**
 * Maven Central's address: MAVEN_CENTRAL_URL, else the mirror that this machine's Maven uses, else the public one.
 * So that machines that reach it through a mirror need no setting of their own for this.
 */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

export const PUBLIC_URL = "https://repo1.maven.org/maven2";
const SETTINGS_FILES = [join(homedir(), ".m2/settings.xml"), "/etc/maven/settings.xml"];

export async function mavenCentralUrl(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const given = env["MAVEN_CENTRAL_URL"];
  if (given) return withoutSlash(given);
  for (const path of SETTINGS_FILES) {
    const text = await readFile(path, "utf8").catch(() => ""); // None there, or not for us: no mirror.
    const mirror = mirrorOfCentral(text);
    if (mirror !== null) return withoutSlash(mirror);
  }
  return PUBLIC_URL;
}

/** The first mirror in a settings.xml that stands for Central and needs no Maven to understand, or null. */
export function mirrorOfCentral(settingsXml: string): string | null {
  const text = settingsXml.replace(/<!--[\s\S]*?-->/g, "");
  for (const [, mirror = ""] of text.matchAll(/<mirror>([\s\S]*?)<\/mirror>/g)) {
    const names = (textOf("mirrorOf", mirror) ?? "").split(",").map((name) => name.trim());
    const isOfCentral =
      names.some((name) => ["*", "central", "external:*"].includes(name)) && !names.includes("!central");
    const url = textOf("url", mirror);
    if (isOfCentral && url !== null && /^https?:/.test(url) && !url.includes("${")) return url;
  }
  return null;
}

function textOf(name: string, xml: string): string | null {
  const [, value] = new RegExp(`<${name}>\\s*([^<]*?)\\s*</${name}>`).exec(xml) ?? [];
  return value ? value.replaceAll("&amp;", "&") : null;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
