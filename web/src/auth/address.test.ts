import { expect, test } from "vitest";
import { nextPlace } from "./address.ts";

test.each([
	["?next=%2Fdashboard%2Femail%2Flogs%3Fq%3Dada", "/dashboard/email/logs?q=ada"],
	["?next=%2Fdashboard", "/dashboard"],
	["?next=%2Fdocs", "/docs"],
	["", "/dashboard"],
	["?next=https%3A%2F%2Fevil.example", "/dashboard"],
	["?next=%2F%2Fevil.example", "/dashboard"],
	["?next=%2F%5Cevil.example", "/dashboard"],
	["?next=%2Fdashboard.evil.example", "/dashboard"],
	["?next=javascript%3Aalert(1)", "/dashboard"],
])("%s leads to %s", (search, place) => {
	expect(nextPlace(search)).toBe(place);
});
