import { randomUUID } from "node:crypto";

import type { SendEmailRequest } from "./gen/mailstrom/v1/mailstrom_service.js";

/** The request itself when it has a `requestId`, else a copy with a random one: it may be sent again without a second email. */
export function withRequestId(request: SendEmailRequest): SendEmailRequest {
  return request.requestId ? request : { ...request, requestId: randomUUID() };
}
