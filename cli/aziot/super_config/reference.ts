// SPDX-License-Identifier: MIT

/**
 * The keys of the super-config in words: which there are comes from here for warnings about
 * unknown ones and for docs/configuration.md alike.
 */

/** A table whose keys stand at several places. */
export type Shape = "symmetric key" | "issuance options" | "EST authentication" | "renewal";

/** One key. */
export interface Setting {
  key: string;
  /** What its value is. */
  type: string;
  /** Tables that its value may be. */
  shape?: Shape;
  /** `required`, or what counts when it is absent; nothing: then it has no effect. */
  usual?: string;
  /** A sentence without its end. */
  help: string;
}

/** A table of the document, or of a shape. */
export interface TableReference {
  /** Such as `provisioning.authentication`; empty: the top level. */
  path: string;
  help: string;
  settings: readonly Setting[];
  /** Keys that the user chooses, beside or instead of the others. */
  free?: { name: string; type: string; help: string };
}

const AUTHENTICATION_SHAPE: Setting[] = [
  {
    key: "identity_cert",
    type: "URL, or a table",
    shape: "issuance options",
    help: 'with "x509": the certificate on the device, or how it is issued',
  },
  {
    key: "identity_pk",
    type: "key URI",
    help: "with a certificate on the device: its private key; that of an issued one is made",
  },
];

/** The tables in the order in which they are described. */
export const TABLES: readonly TableReference[] = [
  {
    path: "",
    help: "Above the first table header.",
    settings: [
      {
        key: "hostname",
        type: "string",
        usual: "the kernel's host name",
        help: "the name of the device; modules and downstream devices connect to it",
      },
      {
        key: "parent_hostname",
        type: "string",
        help: "the gateway through which the device reaches the cloud; not with DPS",
      },
      {
        key: "local_gateway_hostname",
        type: "string",
        help: "another name of `parent_hostname`; only one of them may be given",
      },
      {
        key: "cloud_timeout_sec",
        type: "integer from 70 on",
        usual: "70",
        help: "seconds for one attempt of a request to the cloud",
      },
      { key: "cloud_retries", type: "integer", usual: "1", help: "further attempts" },
      {
        key: "prefer_module_identity_cache",
        type: "boolean",
        usual: "false",
        help: "answer module identities from the device's own copy first",
      },
    ],
  },
  {
    path: "aziot_max_requests",
    help: "How many connections each service serves at a time for one user; all four or none.",
    settings: ["keyd", "certd", "tpmd", "identityd"].map((key) => ({
      key,
      type: "integer",
      usual: "10",
      help: `of ${key}`,
    })),
  },
  {
    path: "provisioning",
    help: "How the device gets its identity. The one table that is required.",
    settings: [
      { key: "source", type: '"manual", "dps" or "none"', usual: "required", help: "the way" },
      {
        key: "connection_string",
        type: "connection string",
        help: 'with "manual": the device\'s connection string, instead of the three below',
      },
      { key: "iothub_hostname", type: "string", help: 'with "manual": host name of the hub' },
      { key: "device_id", type: "string", help: 'with "manual": the device\'s id in the hub' },
      {
        key: "global_endpoint",
        type: "URL",
        help: 'with "dps": the provisioning service, such as ' +
          "`https://global.azure-devices-provisioning.net/`",
      },
      { key: "id_scope", type: "string", help: 'with "dps": the scope of the service' },
      {
        key: "always_reprovision_on_startup",
        type: "boolean",
        help: "of older files, without effect here",
      },
    ],
  },
  {
    path: "provisioning.authentication",
    help: 'With `source = "manual"` and no connection string.',
    settings: [
      { key: "method", type: '"sas" or "x509"', usual: "required", help: "how it proves itself" },
      {
        key: "device_id_pk",
        type: "table",
        shape: "symmetric key",
        help: 'with "sas": the device\'s key',
      },
      ...AUTHENTICATION_SHAPE,
    ],
  },
  {
    path: "provisioning.attestation",
    help: 'With `source = "dps"`.',
    settings: [
      {
        key: "method",
        type: '"symmetric_key", "x509" or "tpm"',
        usual: "required",
        help: "how it proves itself",
      },
      {
        key: "registration_id",
        type: "string",
        usual: 'with "x509": the common name of the certificate',
        help: "the device's registration id",
      },
      {
        key: "symmetric_key",
        type: "table",
        shape: "symmetric key",
        help: 'with "symmetric_key": the key',
      },
      ...AUTHENTICATION_SHAPE,
    ],
  },
  {
    path: "provisioning.payload",
    help: 'With `source = "dps"`.',
    settings: [
      { key: "uri", type: "URL", help: "a JSON file that is sent with the registration" },
    ],
  },
  {
    path: "localid",
    help: "For local identities.",
    settings: [
      { key: "domain", type: "string", usual: "required", help: "ending of their common names" },
    ],
  },
  {
    path: "aziot_keys",
    help: "Parameters of the keys library. `homedir_path` is always the service's own home.",
    settings: [],
    free: {
      name: "name",
      type: "string",
      help: "such as `pkcs11_lib_path`, the library of a token, and `pkcs11_base_slot`, the " +
        "`pkcs11:` URI of the slot for new keys",
    },
  },
  {
    path: "preloaded_keys",
    help: "Keys that somebody else placed. Who may use one is said in a file in " +
      "`/etc/aziot/keyd/config.d`.",
    settings: [],
    free: { name: "key id", type: "key URI", help: "where the key is" },
  },
  {
    path: "preloaded_certs",
    help: "Certificates that somebody else placed.",
    settings: [],
    free: {
      name: "certificate id",
      type: "URL, or a list of ids",
      help: "where the certificate is, or which ones make a bundle",
    },
  },
  {
    path: "cert_issuance.est",
    help: "For all certificates that come from EST servers.",
    settings: [
      {
        key: "trusted_certs",
        type: "list of URLs",
        usual: "none",
        help: "roots for the servers' TLS certificates, beside those of the system",
      },
      {
        key: "identity_auto_renew",
        type: "table",
        shape: "renewal",
        usual: '`{ rotate_key = true, threshold = "80%", retry = "4%" }`',
        help: "when EST identities are renewed",
      },
    ],
  },
  {
    path: "cert_issuance.est.auth",
    help: "How the device shows itself to EST servers, where a certificate does not say else.",
    settings: [{
      key: "",
      type: "",
      shape: "EST authentication",
      help: "the keys of EST authentication",
    }],
  },
  {
    path: "cert_issuance.est.urls",
    help: "Base URLs of EST servers, such as `https://est.example/.well-known/est`.",
    settings: [],
    free: {
      name: "certificate id",
      type: "URL",
      help: "for this certificate; `default` for all others",
    },
  },
  {
    path: "cert_issuance.local_ca",
    help: "The CA on this device.",
    settings: [
      {
        key: "cert",
        type: "URL, or a table",
        shape: "issuance options",
        usual: "required",
        help: "its certificate, or how that is issued",
      },
      { key: "pk", type: "key URI", help: "with a certificate on the device: its private key" },
    ],
  },
  {
    path: "tpm",
    help: "For a TPM service beside this product, which has none.",
    settings: [
      { key: "tcti", type: "string", usual: '`"device"`', help: "how the TPM is reached" },
      {
        key: "auth_key_index",
        type: "integer from 0 to 0x7fffff",
        usual: "0x000100",
        help: "handle of the authentication key, from 0x81000000 on",
      },
    ],
  },
  {
    path: "tpm.hierarchy_authorization",
    help: "Secrets of the TPM.",
    settings: ["endorsement", "owner"].map((key) => ({
      key,
      type: "string",
      usual: "empty",
      help: `of the ${key} hierarchy`,
    })),
  },
];

/** The tables that stand at several places. */
export const SHAPES: Readonly<Record<Shape, TableReference>> = {
  "symmetric key": {
    path: "",
    help: "One of the two; a good `value` goes first.",
    settings: [
      {
        key: "value",
        type: "base64",
        help: "the key itself; `config apply` keeps it in a file for the Keys Service alone",
      },
      {
        key: "uri",
        type: "key URI",
        help: "a file with the raw bytes of the key, or an object in a token",
      },
    ],
  },
  "issuance options": {
    path: "",
    help: "How a certificate is issued.",
    settings: [
      {
        key: "method",
        type: '"est", "local_ca" or "self_signed"',
        usual: "required",
        help: "who issues it",
      },
      {
        key: "url",
        type: "URL",
        usual: "that of `[cert_issuance.est.urls]`",
        help: 'with "est": base URL of the server',
      },
      {
        key: "expiry_days",
        type: "integer from 1 on",
        usual: "30",
        help: "lifetime of what is signed on the device",
      },
      { key: "common_name", type: "string", help: "the subject, as a common name alone" },
      {
        key: "subject",
        type: "table of strings",
        help: "the subject, by short names such as `CN`, `O`; of both forms the first counts",
      },
      {
        key: "auto_renew",
        type: "table",
        shape: "renewal",
        help: "with DPS: that and when the certificate of the device is renewed",
      },
      {
        key: "",
        type: "",
        shape: "EST authentication",
        help: 'with "est": the keys of EST authentication, for this certificate alone',
      },
    ],
  },
  "EST authentication": {
    path: "",
    help: "In pairs. With both a bootstrap and an identity pair the bootstrap pair counts.",
    settings: [
      { key: "username", type: "string", help: "for HTTP basic authentication" },
      { key: "password", type: "string", help: "for the same" },
      { key: "identity_cert", type: "URL", help: "client certificate of TLS" },
      { key: "identity_pk", type: "key URI", help: "its key" },
      {
        key: "bootstrap_identity_cert",
        type: "URL",
        help: "certificate with which the client certificate is first obtained",
      },
      { key: "bootstrap_identity_pk", type: "key URI", help: "its key" },
    ],
  },
  renewal: {
    path: "",
    help: "All three.",
    settings: [
      { key: "rotate_key", type: "boolean", usual: "required", help: "with a new key each time" },
      {
        key: "threshold",
        type: "renewal policy",
        usual: "required",
        help: "when: at this share of the lifetime, or so long before its end",
      },
      {
        key: "retry",
        type: "renewal policy",
        usual: "required",
        help: "how long to wait after a failed attempt",
      },
    ],
  },
};
