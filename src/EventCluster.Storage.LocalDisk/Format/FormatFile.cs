using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EventCluster.Storage.LocalDisk.Disk;

namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>
/// <c>format.json</c>: <c>{"formatVersion":1,"storeId":"…32 hex…","created":"…","copy":false,"check":"…8 hex…"}</c>.
/// <c>copy</c> is true in a backup until it has been restored; <c>check</c> is the CRC32C of the store id's hex, because
/// a wrong id would make every checksum of the journal look wrong.
/// </summary>
/// <param name="FormatVersion">Version of everything in the directory.</param>
/// <param name="StoreId">Identity of the store, which seeds every checksum.</param>
/// <param name="Created">When the store was made.</param>
/// <param name="Copy">This is a backup: opening it needs new histories.</param>
internal sealed record FormatFile(int FormatVersion, UInt128 StoreId, DateTimeOffset Created, bool Copy)
{
    /// <summary>A new store's.</summary>
    public static FormatFile New(UInt128? storeId, TimeProvider time) =>
        new(DataFormat.Version, storeId ?? Draw(), time.GetUtcNow(), Copy: false);

    /// <summary>Reads it; null if the directory has none.</summary>
    /// <exception cref="UnsupportedDataFormatException">It is newer than this build.</exception>
    /// <exception cref="DataDirectoryUnusableException">It is not readable as such a file.</exception>
    public static async Task<FormatFile?> TryReadAsync(IDisk disk, string directory, IReadOnlyList<string> names)
    {
        if (!names.Contains(DataFormat.FormatFile, StringComparer.Ordinal))
        {
            return null;
        }

        byte[] bytes;
        var file = await disk.OpenAsync($"{directory}/{DataFormat.FormatFile}", writable: false);
        await using (file)
        {
            bytes = new byte[Math.Min(file.Length, 64 * 1024)];
            await file.ReadAsync(bytes, 0);
        }

        try
        {
            return Parse(bytes, directory);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            throw new DataDirectoryUnusableException(
                $"'{directory}/{DataFormat.FormatFile}' is damaged ({Readable(e.Message)}). Restore it from a backup of this store.");
        }
    }

    /// <summary>Writes it so that a crash leaves the old or the new one.</summary>
    public async Task WriteAsync(IDisk disk, string directory)
    {
        var path = $"{directory}/{DataFormat.FormatFile}";
        var file = await disk.CreateAsync(path + DataFormat.TemporarySuffix);
        await using (file)
        {
            await file.WriteAsync([ToJson()], 0);
            await file.FlushAsync();
        }

        await disk.RenameAsync(path + DataFormat.TemporarySuffix, path);
        await disk.FlushDirectoryAsync(directory);
    }

    private static FormatFile Parse(byte[] bytes, string directory)
    {
        using var json = JsonDocument.Parse(bytes);
        var root = json.RootElement;
        var version = root.GetProperty("formatVersion").GetInt32();
        if (version < 1)
        {
            throw new FormatException($"there is no format {version}");
        }

        if (version > DataFormat.Version)
        {
            throw new UnsupportedDataFormatException(directory, version, DataFormat.Version);
        }

        var id = root.GetProperty("storeId").GetString()!;
        if (root.GetProperty("check").GetString() != CheckOf(id))
        {
            throw new FormatException("the store id does not fit its checksum");
        }

        return new FormatFile(
            version,
            UInt128.Parse(id, NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            root.GetProperty("created").GetDateTimeOffset(),
            root.TryGetProperty("copy", out var copy) && copy.GetBoolean());
    }

    /// <summary>The reader's message repeats bytes of the file, which may be anything.</summary>
    private static string Readable(string message) => string.Concat(message.Select(static c => char.IsControl(c) ? '?' : c));

    private static string CheckOf(string id) =>
        Checksum.Compute(0, Encoding.UTF8.GetBytes(id)).ToString("x8", CultureInfo.InvariantCulture);

    private static UInt128 Draw()
    {
        var bytes = RandomNumberGenerator.GetBytes(16);
        return new UInt128(BitConverter.ToUInt64(bytes), BitConverter.ToUInt64(bytes, 8));
    }

    private byte[] ToJson()
    {
        var id = StoreId.ToString("x32", CultureInfo.InvariantCulture);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteNumber("formatVersion", FormatVersion);
            writer.WriteString("storeId", id);
            writer.WriteString("created", Created);
            writer.WriteBoolean("copy", Copy);
            writer.WriteString("check", CheckOf(id));
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }
}
