// Requests arrive at a constant rate, whatever becomes of those before them.
import http from "k6/http";
import { check } from "k6";

export const options = {
  discardResponseBodies: true,
  summaryTrendStats: ["med", "p(90)", "p(95)", "p(99)", "p(99.9)", "max"],
  scenarios: {
    arrivals: {
      executor: "constant-arrival-rate",
      rate: Number(__ENV.RATE),
      timeUnit: "1s",
      duration: `${__ENV.SECONDS}s`,
      preAllocatedVUs: 1000, // to make one takes longer than a request, and those that come meanwhile would be dropped
    },
  },
};

export default function () {
  check(http.post(__ENV.URL, null), { accepted: (answer) => answer.status === 202 });
}
