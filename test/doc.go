// Package test holds the stories that the shipped binary has to pass, and the
// test of the architecture. `make test` runs them beside real databases and a
// real Postfix.
//
// It never looks into a package: what a rule does in every case is tested
// where the rule lives.
package test
