package main

import (
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	var hundred []time.Duration
	for i := range 101 {
		hundred = append(hundred, time.Duration(i)*time.Millisecond)
	}
	for _, c := range []struct {
		sorted []time.Duration
		p      float64
		want   float64
	}{
		{nil, .5, 0},
		{[]time.Duration{1500 * time.Microsecond}, .99, 1.5},
		{hundred, 0, 0},
		{hundred, .5, 50},
		{hundred, .99, 99},
		{hundred, 1, 100},
	} {
		if got := quantile(c.sorted, c.p); got != c.want {
			t.Errorf("quantile of %d times, %v: %v, want %v", len(c.sorted), c.p, got, c.want)
		}
	}
}

func TestMedianLeavesItsValuesAlone(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{7}, 7},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 1, 2, 9}, 3},
	} {
		var first float64
		if len(c.values) > 0 {
			first = c.values[0]
		}
		if got := median(c.values); got != c.want {
			t.Errorf("median(%v) = %v, want %v", c.values, got, c.want)
		}
		if len(c.values) > 0 && c.values[0] != first {
			t.Errorf("median has sorted its argument: %v", c.values)
		}
	}
}
