// SPDX-License-Identifier: MIT

import { dropInPrincipals } from "../apply/drop_ins.ts";
import { placeOf } from "../place.ts";
import type { Check } from "./check.ts";
import type { Context } from "./context.ts";
import { type Remark, SKIPPED, together } from "./outcome.ts";

/** Whether those who may use keys and certificates are the users that they are meant to be. */
export const KEYS_MATCH_CONFIG: Check = {
  id: "keys-match-config",
  description: "principals of the daemons are users of this system",
  run: async (context) => {
    const [keyd, certd] = [await context.keyd(), await context.certd()];
    const identityd = await context.identityd();
    if (keyd === undefined || certd === undefined || identityd === undefined) return SKIPPED;
    const remarks = await generated(keyd.principal, context);
    const principals = [
      ...keyd.principal.map(({ uid }) => ["keyd", uid] as const),
      ...certd.principal.map(({ uid }) => ["certd", uid] as const),
      ...identityd.principal.map(({ uid }) => ["identityd", uid] as const),
    ];
    const files = await dropInPrincipals(placeOf({}, context.machine));
    const told = new Set<string>();
    for (const [service, uid] of principals) {
      if (told.has(`${service} ${uid}`)) continue;
      told.add(`${service} ${uid}`);
      if (await context.machine.userName(uid) !== undefined) continue;
      const file = files.find((principal) =>
        principal.uid === uid && principal.file.includes(`/${service}/`)
      )?.file;
      const where = file === undefined ? "" : ` (${file})`;
      remarks.push({
        kind: "error",
        line: `no user has the uid ${uid} of a principal of ${service}${where}`,
      });
    }
    return together(
      remarks,
      "Run `aziot config apply`, which writes the present uids; correct files of your own yourself.",
    );
  },
};

/** The Identity Service must be able to use its own master key. */
async function generated(
  principals: readonly { uid: number; keys: readonly string[] }[],
  context: Context,
): Promise<Remark[]> {
  const remarks: Remark[] = [];
  for (const [name, key] of [["aziotid", "aziot_identityd_master_id"]] as const) {
    const { uid } = await context.user(name);
    const holder = principals.find(({ keys }) => keys.includes(key));
    if (holder === undefined || holder.uid === uid) continue;
    const line = `the keys of ${name} belong to uid ${holder.uid}, and its uid is ${uid}`;
    remarks.push({ kind: "error", line });
  }
  return remarks;
}
