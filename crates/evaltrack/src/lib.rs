//! Client and capture layer of the eval-track API.
