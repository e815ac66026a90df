// SPDX-License-Identifier: MIT

/** Certificates have no more room for a common name (RFC 5280, appendix A). */
const LONGEST_COMMON_NAME = 64;

/** Whether a text is an IPv4 or IPv6 address. */
export function isAddress(text: string): boolean {
  if (/^\d+(\.\d+){3}$/.test(text)) return text.split(".").every((part) => Number(part) <= 255);
  return text.includes(":") && URL.canParse(`http://[${text}]/`);
}

/**
 * Why a host name may make trouble, `undefined` when it will not: the form of RFC 1035, and a
 * length that certificates have room for. An address is fine.
 */
export function hostNameProblem(name: string): string | undefined {
  if (isAddress(name)) return undefined;
  const labels = name.split(".");
  if (name.length < 1 || name.length > 255 || !labels.every(isLabel)) {
    return `the host name ${name} does not follow RFC 1035: between 1 and 255 characters in ` +
      "labels of 1 to 63 letters, digits and hyphens, each starting with a letter and not ending " +
      "with a hyphen; TLS with modules and downstream devices may fail";
  }
  if (name.length > LONGEST_COMMON_NAME) {
    return `the host name ${name} has more than ${LONGEST_COMMON_NAME} characters, which is too ` +
      "long for the issuer of a certificate";
  }
  return undefined;
}

/** Whether a name is the machine's own, or a domain name of it; an address is anybody's. */
export function isNameOf(name: string, machine: string): boolean {
  const [lower, own] = [name.toLowerCase(), machine.toLowerCase()];
  return isAddress(name) || lower === own || lower.startsWith(`${own}.`);
}

function isLabel(label: string): boolean {
  return label.length <= 63 && /^[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?$/.test(label);
}
