# Compares a formula, or the manifests of a package manager, with the manifest of the release: `managers.rb MANIFEST FILE…`.
# Each address and sum has to be of one artifact; prints `ok` and Ruby's version, or ends with what differs.

require "json"
require "yaml"

release = JSON.parse(File.read(ARGV.shift))
SUMS = release["artifacts"].values.to_h { |artifact| [artifact["name"], artifact["checksums"]["sha256"]] }
VERSION = release["releases"][0]["app_version"]
$found = []

def compare(url, sum)
  name = url.split("/").last
  abort "`#{url}` is not a file of the release" unless SUMS.key?(name)
  abort "the sum of `#{name}` is #{SUMS[name]}, found #{sum}" unless SUMS[name] == sum.downcase
  $found << name
end

def same(version)
  abort "wanted version #{VERSION}, found #{version}" unless version == VERSION
end

# Stands in for Homebrew's class: it takes every word that a formula may say, and notes addresses and sums.
class Formula
  def self.version(text) = same(text)
  def self.url(text) = @url = text
  def self.sha256(text) = compare(@url, text)
  def self.test = nil
  def self.method_missing(name, *, **) = (yield if block_given? && name.start_with?("on_"))
  def self.respond_to_missing?(*) = true
end

def walk(value, &block)
  block.call(value) if value.is_a?(Hash)
  (value.is_a?(Hash) ? value.values : Array(value)).each { |inner| walk(inner, &block) if inner.is_a?(Enumerable) }
end

ARGV.each do |file|
  if file.end_with?(".rb")
    abort "ruby -c refuses #{file}" unless system("ruby", "-cw", file, out: File::NULL)
    load file
    next
  end
  text = File.read(file)
  data = file.end_with?(".json") ? JSON.parse(text) : YAML.safe_load(text)
  same(data["version"] || data["PackageVersion"])
  walk(data) { |at| compare(at["url"] || at["InstallerUrl"], at["hash"] || at["InstallerSha256"]) if at["url"] || at["InstallerUrl"] }
end

abort "no address is in #{ARGV.join(", ")}" if $found.empty?
puts "ok Ruby #{RUBY_VERSION}, #{$found.length} files"
