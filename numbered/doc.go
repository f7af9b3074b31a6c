// Package numbered reads lists whose rows are numbered within their account.
//
// Whoever writes a row gives it the next number of its account, from 1, and
// keeps count. So an offset into the whole list is a number, and a page costs
// the same however deep it is; only retention makes gaps, at the old end. What a
// filter lets through is found by looking at the newest rows first, and so far
// only.
//
// The package knows no table and no filter but those handed in, gives out no
// numbers, and writes nothing but how many rows retention has taken.
package numbered
