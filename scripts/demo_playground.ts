// SPDX-License-Identifier: MIT

/** What can be tried on a demo that keeps running: commands to paste, and the shell names they use. */

/** The running demo. */
export interface Playground {
  /** Where the device lives. */
  dir: string;
  /** Base URL of the cloud's control API. */
  control: string;
  /** Id of the hub, and of the device there. */
  hub: string;
  device: string;
  /** Process id of the Identity Service. */
  identityd: number;
  /** Whose files the daemons' are. */
  uid: number;
}

/** Commands about one thing; they can be pasted in their order. */
export interface Topic {
  title: string;
  commands: string[];
}

/** The file that a shell reads first: where everything is, and a short name for each service. */
export function shellSetup({ dir, control, identityd, uid }: Playground): string {
  const checkout = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
  const settings = ["keyd", "certd", "identityd"].map((service) => {
    const name = `AZIOT_${service.toUpperCase()}_CONFIG`;
    const path = `$DIR/etc/aziot/${service}`;
    return `export ${name}="${path}/config.toml" ${name}_DIR="${path}/config.d"`;
  });
  return `# For ". ${dir}/try.sh": a short name for each service of the demo.
DIR='${dir}'
CHECKOUT='${checkout}'
UIDS='ks=${uid},cs=${uid},id=${uid}'
IDENTITYD_PID=${identityd}
# What the aziot tool finds below /etc/aziot on a device.
export AZIOT_DEV_ENDPOINTS=1 SSL_CERT_FILE="$DIR/cloud/ca.pem"
${settings.join("\n")}

# call SERVICE VERSION PATH [curl's arguments]
call() {
  _service=$1 _version=$2 _path=$3
  shift 3
  case $_path in *\\?*) _path="$_path&" ;; *) _path="$_path?" ;; esac
  curl -sS --unix-socket "$DIR/run/aziot/$_service.sock" -H 'content-type: application/json' \\
    -w '\\n' "http://localhost\${_path}api-version=$_version" "$@"
}
keyd() { call keyd 2021-05-01 "$@"; }
certd() { call certd 2020-09-01 "$@"; }
identityd() { call identityd 2022-08-01 "$@"; }
# The cloud's control API: tests/cloud/README.md
cloud() { _path=$1; shift; curl -sS -w '\\n' "${control}$_path" "$@"; }
aziot() { "$CHECKOUT/scripts/deno" run --quiet -A --config "$CHECKOUT/deno.json" "$CHECKOUT/scripts/run.ts" aziot --dir "$DIR" -- "$@"; }
# member NAME: the text of a member of the JSON object on standard input
member() { sed -n "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/p"; }
`;
}

/** All that is built, topic by topic. */
export function topics({ hub, device }: Playground): Topic[] {
  const module = "'/identities/modules/pump?type=aziot'";
  const own = `/hubs/${hub}/devices/${device}`;
  return [
    {
      title: "Identities",
      commands: [
        `identityd /identities/device -d '{"type":"aziot"}'`,
        `identityd '/identities/modules?type=aziot'`,
        `identityd /identities/modules -d '{"type":"aziot","moduleId":"valve"}'`,
        `identityd '/identities/modules/valve?type=aziot' -X PUT -d '{}'`,
        `identityd '/identities/modules/valve?type=aziot' -X DELETE`,
        `identityd /identities/provisioning`,
        `identityd /trust-bundle`,
        `identityd /identities/modules/nothing/such   # how an error looks`,
      ],
    },
    {
      title: "Keys: the handle signs and encrypts, the key stays where it is",
      commands: [
        `SIGN=$(keyd /key -d '{"keyId":"mine","usage":"sign"}' | member keyHandle)`,
        `keyd /sign -d '{"keyHandle":"'"$SIGN"'","algorithm":"HMAC-SHA256","parameters":{"message":"aGVsbG8="}}'`,
        `CRYPT=$(keyd /key -d '{"keyId":"box","usage":"encrypt"}' | member keyHandle)`,
        `AEAD='"algorithm":"AEAD","parameters":{"iv":"AAAAAAAAAAAAAAAA","aad":""}'`,
        `BOX=$(keyd /encrypt -d '{"keyHandle":"'"$CRYPT"'",'"$AEAD"',"plaintext":"aGVsbG8="}' | member ciphertext)`,
        `keyd /decrypt -d '{"keyHandle":"'"$CRYPT"'",'"$AEAD"',"ciphertext":"'"$BOX"'"}'`,
        `keyd /keypair -d '{"keyId":"pair","preferredAlgorithms":"ec-p256"}'`,
      ],
    },
    {
      title: "Certificates",
      commands: [
        `PEM=$(awk '{printf "%s\\\\n", $0}' "$DIR/cloud/ca.pem")`,
        `certd /certificates/mine -X PUT -d '{"pem":"'"$PEM"'"}'`,
        `certd /certificates/mine`,
        `certd /certificates/mine -X DELETE`,
      ],
    },
    {
      title: "The aziot tool",
      commands: [
        `aziot check --dont-run 'keys-match-config socket-permissions state-ownership host-local-time'`,
        `aziot config apply --dry-run --output-dir "$DIR" --uids "$UIDS"`,
        `aziot system reprovision`,
        `aziot init --dry-run --non-interactive --provisioning none`,
        `aziot init --no-apply --output-dir "$DIR/wizard"   # asks; Ctrl-C is fine`,
      ],
    },
    {
      title: "What can go wrong in the cloud",
      commands: [
        `cloud /hubs/${hub} -X PUT -d '{"listening":false}'`,
        `identityd ${module}   # from the backup`,
        `cloud /hubs/${hub} -X PUT -d '{"listening":true}'`,
        `cloud /faults -d '{"count":1,"fault":{"kind":"throttle","retryAfter":3}}'`,
        `identityd '/identities/modules?type=aziot'   # tries again after 3 s`,
        `cloud ${own} -X PUT -d '{"status":"disabled"}'`,
        `aziot system reprovision   # refused; the identity in use stays`,
        `cloud ${own} -X PUT -d '{"status":"enabled"}'`,
        `cloud /clock -d '{"offsetSeconds":90000}'   # the hub is a day ahead: no token is valid`,
        `identityd /identities/modules -d '{"type":"aziot","moduleId":"late"}'`,
        `cloud /clock -d '{"offsetSeconds":0}'`,
        `cloud /log | tail -n 5   # what the hub was asked, and what it thought of the token`,
        `cloud /faults -X DELETE`,
      ],
    },
    {
      title: "Another hub",
      commands: [
        `cloud /hubs/second -X PUT -d '{}'`,
        `cloud ${own}/move -d '{"hub":"second","modules":true}'`,
        `CS=$(cloud /hubs/second/devices/${device} | member connectionString)`,
        `echo "$CS" | aziot init --force --non-interactive --output-dir "$DIR" --uids "$UIDS" --connection-string-file -`,
        `kill -HUP $IDENTITYD_PID   # reads its configuration again, which takes a moment`,
        `sleep 2; aziot system reprovision   # a running service changes hubs only when asked to`,
        `identityd /identities/device -d '{"type":"aziot"}'`,
      ],
    },
  ];
}

/** What the demo prints when it stays. */
export function commandsToTry(playground: Playground): string {
  const blocks = topics(playground).map(({ title, commands }) =>
    [`  # ${title}`, ...commands.map((command) => `  ${command}`)].join("\n")
  );
  return `
Everything keeps running until Ctrl-C. Try, in another shell:

  . ${playground.dir}/try.sh

${blocks.join("\n\n")}

try.sh says what the short names stand for; docs/api.md has every call, tests/cloud/README.md every
fault. The daemons log to $DIR/log, their configuration is below $DIR/etc/aziot.`;
}
