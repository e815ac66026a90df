// SPDX-License-Identifier: MIT

/** The bill of materials of a package, in CycloneDX 1.5. */

import { sha256 } from "./checksum.ts";
import type { Architecture, Variant } from "./options.ts";
import type { NpmLibrary } from "./npm_libraries.ts";

/** What goes into a package. */
export interface Materials {
  package: string;
  /** With the Debian revision. */
  version: string;
  arch: Architecture;
  variant: Variant;
  /** Seconds since 1970. */
  epoch: number;
  libraries: readonly NpmLibrary[];
  runtime: { version: string; sha256: string; crates: { name: string; version: string }[] };
}

interface Component {
  type: "library" | "framework" | "application";
  name: string;
  version: string;
  purl?: string;
  hashes?: { alg: "SHA-256" | "SHA-512"; content: string }[];
  licenses?: { expression: string }[];
  components?: Component[];
}

/** The document, the same for the same materials: its serial number is made from its content. */
export async function billOfMaterials(materials: Materials): Promise<string> {
  const { package: name, version, arch, variant, epoch, libraries, runtime } = materials;
  const components: Component[] = [
    ...libraries.map((library): Component => ({
      type: "library",
      name: library.name,
      version: library.version,
      purl: `pkg:npm/${encodeURIComponent(library.name).replace("%2F", "/")}@${library.version}`,
      hashes: [{ alg: "SHA-512", content: hexOfIntegrity(library.integrity) }],
      licenses: [{ expression: library.spdx }],
    })),
    {
      type: "framework",
      name: "deno",
      version: runtime.version,
      purl: `pkg:github/denoland/deno@v${runtime.version}`,
      hashes: [{ alg: "SHA-256", content: runtime.sha256 }],
      licenses: [{ expression: "MIT" }],
      components: runtime.crates.map((crate) => ({
        type: "library",
        name: crate.name,
        version: crate.version,
        purl: `pkg:cargo/${crate.name}@${crate.version}`,
      })),
    },
  ];
  const body = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      timestamp: new Date(epoch * 1000).toISOString(),
      component: {
        type: "application",
        name,
        version,
        purl: `pkg:deb/${name}@${version}?arch=${arch}`,
        licenses: [{ expression: "MIT" }],
        properties: [{ name: "aziot:variant", value: variant }],
      },
    },
    components,
  };
  const digest = await sha256(new TextEncoder().encode(JSON.stringify(body)));
  return `${JSON.stringify({ ...body, serialNumber: `urn:uuid:${uuid(digest)}` }, null, 2)}\n`;
}

function hexOfIntegrity(integrity: string): string {
  return Uint8Array.fromBase64(integrity.replace(/^sha512-/, "")).toHex();
}

/** A digest in the form of a UUID of version 8, which is for values that others define. */
function uuid(digest: string): string {
  const variant = (Number.parseInt(digest.slice(16, 17), 16) & 3 | 8).toString(16);
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join("-");
}
