import { tableFromIPC } from "@uwdata/flechette";
import type { Column, Manifest, Reply } from "./source";

export const WIRE_VERSION = 1;

/** Decode one Arrow IPC stream; numeric columns are views of `bytes`, not copies. */
export function decode(bytes: ArrayBuffer | Uint8Array, expectedKind: string): Reply {
  const table = tableFromIPC(bytes);
  const metadata: ReadonlyMap<string, string> = table.schema.metadata ?? new Map();
  const kind = metadata.get("kind") ?? "";
  checkVersion(expectedKind, metadata.get("version"));
  if (kind !== expectedKind) throw new Error(`asked for '${expectedKind}', the server answered '${kind}'`);
  const columns: Record<string, Column> = {};
  for (const name of table.names) columns[name] = table.getChild(name).toArray() as Column;
  return { kind, columns, metadata };
}

/** Read the manifest; its version is checked like that of every other reply. */
export function decodeManifest(json: unknown): Manifest {
  const manifest = json as Partial<Manifest> | null;
  if (manifest?.kind !== "manifest") throw new Error("the server did not answer with a manifest");
  checkVersion("manifest", manifest.version);
  return manifest as Manifest;
}

function checkVersion(kind: string, version: unknown): void {
  if (Number(version) !== WIRE_VERSION) {
    const got = version === undefined ? "none" : String(version);
    throw new Error(
      `'${kind}' has wire version ${got}, this page reads version ${WIRE_VERSION}; reload the page`,
    );
  }
}
