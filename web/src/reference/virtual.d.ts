declare module "virtual:reference" {
	const reference: import("./model.ts").Reference;
	export default reference;
}
