// SPDX-License-Identifier: MIT

import { dropInPrincipals, principalUids } from "../apply/drop_ins.ts";
import { edgeConfig } from "../apply/edge_guard.ts";
import { placeOf } from "../place.ts";
import { configPaths } from "../service_paths.ts";
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
    const remarks = await generated(context);
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

/** Whose the principals are that `config apply` writes, in their order. */
const GENERATED = [["keyd", ["aziotid", "aziotcs"]], ["certd", ["aziotid"]]] as const;

/** What was generated is for the users that there were then. */
async function generated(context: Context): Promise<Remark[]> {
  const remarks: Remark[] = [];
  // Of more than the first the Module Runtime's tool has an order of its own.
  const isEdge = await edgeConfig(placeOf({}, context.machine)) !== undefined;
  for (const [service, all] of GENERATED) {
    const names = isEdge ? all.slice(0, 1) : all;
    const { directory } = configPaths(service, context.machine);
    const uids = await principalUids(`${directory}/00-super.toml`);
    for (const [index, name] of names.entries()) {
      const [found, { uid }] = [uids[index], await context.user(name)];
      if (found === undefined || found === uid) continue;
      const line = `${service} takes uid ${found} for ${name}, whose uid is ${uid}`;
      remarks.push({ kind: "error", line });
    }
  }
  return remarks;
}
