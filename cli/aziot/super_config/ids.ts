// SPDX-License-Identifier: MIT

/** The ids that the mapping gives to keys and certificates; other programs know them by name. */

/** The Identity Service's master key, from which its module keys come. */
export const MASTER_KEY = "aziot_identityd_master_id";
/** Key and certificate of the device's identity. */
export const DEVICE_ID = "device-id";
/** The same while they are renewed. */
export const DEVICE_ID_TEMP = "device-id-temp";
/** Key and certificate of the local CA. */
export const LOCAL_CA = "local-ca";

/** Identity towards the EST server: the common one, or the one of a single certificate. */
export const estId = (cert?: string): string => cert === undefined ? "est-id" : `est-id-${cert}`;
/** Key of the renewed EST identity. */
export const estIdTemp = (cert?: string): string => `${estId(cert)}-temp`;
/** What the EST identity is first obtained with. */
export const estBootstrapId = (cert?: string): string =>
  cert === undefined ? "est-bootstrap-id" : `est-bootstrap-id-${cert}`;
/** A root for the EST server's TLS certificate, counted from 1. */
export const estServerCa = (number: number): string => `est-server-ca-${number}`;
