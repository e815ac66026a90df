// SPDX-License-Identifier: MIT

/** Where the generated part of a service's configuration stands. */
export function generatedFile(service: string): string {
  return `/etc/aziot/${service}/config.d/00-super.toml`;
}
