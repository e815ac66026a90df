// SPDX-License-Identifier: MIT

import * as v from "valibot";
import { u32, usize } from "../../../services/config/settings.ts";

/** A text, or the list of its bytes, as which the field's tool writes it. */
const text = () => v.union([v.string(), v.array(v.number())]);

/** What a TPM service beside ours reads; the product has none of its own. */
export const tpmdSchema = v.object({
  max_requests: v.optional(usize(), 10),
  tcti: v.optional(text()),
  auth_key_index: v.optional(v.pipe(u32(), v.maxValue(0x7f_ff_ff))),
  hierarchy_authorization: v.optional(
    v.object({ endorsement: v.optional(text()), owner: v.optional(text()) }),
  ),
  endpoints: v.optional(v.unknown()),
});
