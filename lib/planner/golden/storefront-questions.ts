/** Questions of an analyst over the storefront sample with SQL written and checked by hand. */
import type { GoldenQuestion } from './golden.fixture';

/** Sums with "revenue" of an order are its total amount; of a product, quantity times unit price before the discount. */
export const STOREFRONT: readonly GoldenQuestion[] = [
  { ask: 'how many customers do we have?', sql: 'SELECT COUNT(*) FROM customers' },
  {
    ask: 'how many orders were placed in 2025',
    sql: "SELECT COUNT(*) FROM orders WHERE ordered_at >= '2025-01-01' AND ordered_at < '2026-01-01'",
  },
  { ask: 'how many customers are from Germany', sql: "SELECT COUNT(*) FROM customers WHERE country = 'Germany'" },
  {
    ask: 'orders from Germany last year',
    sql: "SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.country = 'Germany' AND o.ordered_at >= '2025-01-01' AND o.ordered_at < '2026-01-01'",
    or: "SELECT id FROM orders WHERE shipping_country = 'Germany' AND ordered_at >= '2025-01-01' AND ordered_at < '2026-01-01'",
  },
  {
    ask: 'refunded amount per reason',
    sql: 'SELECT reason, SUM(refund_amount) FROM returns GROUP BY reason',
    or: "SELECT reason, SUM(refund_amount) FROM returns WHERE status = 'refunded' GROUP BY reason",
  },
  { ask: 'what share of orders were cancelled?', sql: "SELECT 100.0 * SUM(status = 'cancelled') / COUNT(*) FROM orders" },
  { ask: 'percentage of orders that were delivered', sql: "SELECT 100.0 * SUM(status = 'delivered') / COUNT(*) FROM orders" },
  {
    ask: 'best selling products',
    sql: 'SELECT p.name FROM products p JOIN order_items i ON i.product_id = p.id GROUP BY p.id ORDER BY SUM(i.quantity) DESC LIMIT 10',
    or: 'SELECT p.name FROM products p JOIN order_items i ON i.product_id = p.id GROUP BY p.id ORDER BY COUNT(*) DESC LIMIT 10',
  },
  {
    ask: 'top 10 products by revenue',
    sql: 'SELECT p.name, SUM(i.quantity * i.unit_price) r FROM products p JOIN order_items i ON i.product_id = p.id GROUP BY p.id ORDER BY r DESC LIMIT 10',
    ordered: true,
  },
  {
    ask: 'how many customers signed up in 2024',
    sql: "SELECT COUNT(*) FROM customers WHERE created_at >= '2024-01-01' AND created_at < '2025-01-01'",
  },
  {
    ask: 'how many orders per customer on average',
    sql: 'SELECT AVG(n) FROM (SELECT COUNT(*) n FROM orders GROUP BY customer_id)',
    or: 'SELECT 1.0 * (SELECT COUNT(*) FROM orders) / (SELECT COUNT(*) FROM customers)',
  },
  { ask: 'orders over 500', sql: 'SELECT id, total_amount FROM orders WHERE total_amount > 500' },
  {
    ask: 'revenue last month',
    sql: "SELECT SUM(total_amount) FROM orders WHERE ordered_at >= '2026-10-01' AND ordered_at < '2026-11-01'",
  },
  {
    ask: 'total revenue by month in 2026',
    sql: "SELECT strftime('%Y-%m', ordered_at) m, SUM(total_amount) FROM orders WHERE ordered_at >= '2026-01-01' AND ordered_at < '2027-01-01' GROUP BY m",
  },
  { ask: 'customers in Germany', sql: "SELECT first_name, last_name, country FROM customers WHERE country = 'Germany'" },
  {
    ask: 'average rating per category',
    sql: 'SELECT c.name, AVG(p.rating) FROM products p JOIN categories c ON c.id = p.category_id GROUP BY c.id',
  },
  { ask: 'what is the average order value?', sql: 'SELECT AVG(total_amount) FROM orders' },
  { ask: 'average order value per channel', sql: 'SELECT channel, AVG(total_amount) FROM orders GROUP BY channel' },
  { ask: 'number of orders per channel', sql: 'SELECT channel, COUNT(*) FROM orders GROUP BY channel' },
  { ask: 'orders by status', sql: 'SELECT status, COUNT(*) FROM orders GROUP BY status' },
  {
    ask: 'revenue per country',
    sql: 'SELECT c.country, SUM(o.total_amount) FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.country',
    or: 'SELECT shipping_country, SUM(total_amount) FROM orders GROUP BY shipping_country',
  },
  {
    ask: 'how many cancelled orders were there in October 2026?',
    sql: "SELECT COUNT(*) FROM orders WHERE status = 'cancelled' AND ordered_at >= '2026-10-01' AND ordered_at < '2026-11-01'",
  },
  { ask: 'which products are out of stock?', sql: 'SELECT name FROM products WHERE stock <= 0' },
  { ask: 'products with a rating below 3', sql: 'SELECT name, rating FROM products WHERE rating < 3' },
  { ask: 'most expensive products', sql: 'SELECT name, price FROM products ORDER BY price DESC LIMIT 10' },
  { ask: 'what is the cheapest product?', sql: 'SELECT name FROM products ORDER BY price LIMIT 1' },
  {
    ask: 'how many products are in each category?',
    sql: 'SELECT c.name, COUNT(*) FROM products p JOIN categories c ON c.id = p.category_id GROUP BY c.id',
  },
  {
    ask: 'how many products per department',
    sql: 'SELECT c.department, COUNT(*) FROM products p JOIN categories c ON c.id = p.category_id GROUP BY c.department',
  },
  {
    ask: 'average price of products in the Books category',
    sql: "SELECT AVG(p.price) FROM products p JOIN categories c ON c.id = p.category_id WHERE c.name = 'Books'",
  },
  {
    ask: 'which customers have never placed an order?',
    sql: 'SELECT first_name, last_name FROM customers WHERE id NOT IN (SELECT customer_id FROM orders)',
  },
  {
    ask: 'how many customers have never ordered?',
    sql: 'SELECT COUNT(*) FROM customers WHERE id NOT IN (SELECT customer_id FROM orders)',
  },
  {
    ask: 'top 5 customers by number of orders',
    sql: 'SELECT c.first_name, c.last_name, COUNT(*) n FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY n DESC LIMIT 5',
    ties: true,
  },
  {
    ask: 'top 5 customers by total spending',
    sql: 'SELECT c.first_name, c.last_name, SUM(o.total_amount) n FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY n DESC LIMIT 5',
    ordered: true,
  },
  {
    ask: 'who are our 10 biggest customers by revenue?',
    sql: 'SELECT c.first_name, c.last_name, SUM(o.total_amount) n FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY n DESC LIMIT 10',
    ordered: true,
  },
  {
    ask: 'payments by method',
    sql: 'SELECT method, COUNT(*) FROM payments GROUP BY method',
    or: 'SELECT method, SUM(amount) FROM payments GROUP BY method',
  },
  {
    ask: 'total amount paid by card',
    sql: "SELECT SUM(amount) FROM payments WHERE method = 'card'",
    or: "SELECT SUM(amount) FROM payments WHERE method = 'card' AND status = 'paid'",
  },
  {
    ask: 'how many failed payments this year?',
    sql: "SELECT COUNT(*) FROM payments p JOIN orders o ON o.id = p.order_id WHERE p.status = 'failed' AND o.ordered_at >= '2026-01-01' AND o.ordered_at < '2027-01-01'",
  },
  { ask: 'number of returns per reason', sql: 'SELECT reason, COUNT(*) FROM returns GROUP BY reason' },
  {
    ask: 'what is the most common return reason?',
    sql: 'SELECT reason FROM returns GROUP BY reason ORDER BY COUNT(*) DESC LIMIT 1',
  },
  {
    ask: 'returns requested in September 2026',
    sql: "SELECT id, requested_on FROM returns WHERE requested_on >= '2026-09-01' AND requested_on < '2026-10-01'",
  },
  { ask: 'average refund amount', sql: 'SELECT AVG(refund_amount) FROM returns' },
  {
    ask: 'total refund amount per month this year',
    sql: "SELECT strftime('%Y-%m', requested_on) m, SUM(refund_amount) FROM returns WHERE requested_on >= '2026-01-01' AND requested_on < '2027-01-01' GROUP BY m",
  },
  { ask: 'how many business customers are there?', sql: "SELECT COUNT(*) FROM customers WHERE segment = 'business'" },
  { ask: 'customers per segment', sql: 'SELECT segment, COUNT(*) FROM customers GROUP BY segment' },
  { ask: 'number of customers per country', sql: 'SELECT country, COUNT(*) FROM customers GROUP BY country' },
  {
    ask: 'which country has the most customers?',
    sql: 'SELECT country FROM customers GROUP BY country ORDER BY COUNT(*) DESC LIMIT 1',
  },
  {
    ask: 'which city has the most orders?',
    sql: 'SELECT shipping_city FROM orders GROUP BY shipping_city ORDER BY COUNT(*) DESC LIMIT 1',
    or: 'SELECT c.city FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.city ORDER BY COUNT(*) DESC LIMIT 1',
  },
  { ask: 'how many customers in Paris or Berlin', sql: "SELECT COUNT(*) FROM customers WHERE city IN ('Paris', 'Berlin')" },
  {
    ask: 'how many customers are not from the United States?',
    sql: "SELECT COUNT(*) FROM customers WHERE country <> 'United States'",
  },
  {
    ask: 'orders placed on the web channel in 2024',
    sql: "SELECT id FROM orders WHERE channel = 'web' AND ordered_at >= '2024-01-01' AND ordered_at < '2025-01-01'",
  },
  { ask: 'how many orders came through the marketplace?', sql: "SELECT COUNT(*) FROM orders WHERE channel = 'marketplace'" },
  {
    ask: 'total shipping fees in 2025',
    sql: "SELECT SUM(shipping_fee) FROM orders WHERE ordered_at >= '2025-01-01' AND ordered_at < '2026-01-01'",
  },
  {
    ask: 'average shipping fee per country',
    sql: 'SELECT shipping_country, AVG(shipping_fee) FROM orders GROUP BY shipping_country',
    or: 'SELECT c.country, AVG(o.shipping_fee) FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.country',
  },
  {
    ask: 'orders that have not been shipped',
    sql: 'SELECT id FROM orders WHERE shipped_on IS NULL',
    or: "SELECT id FROM orders WHERE status <> 'shipped'",
  },
  { ask: 'how many customers have no phone number?', sql: 'SELECT COUNT(*) FROM customers WHERE phone IS NULL' },
  {
    ask: 'products launched in 2023',
    sql: "SELECT name, launched_on FROM products WHERE launched_on >= '2023-01-01' AND launched_on < '2024-01-01'",
  },
  { ask: 'newest 5 products', sql: 'SELECT name, launched_on FROM products ORDER BY launched_on DESC LIMIT 5', ties: true },
  { ask: 'latest 10 orders', sql: 'SELECT id, ordered_at FROM orders ORDER BY ordered_at DESC LIMIT 10', ordered: true },
  {
    ask: 'how many orders were delivered last week?',
    sql: "SELECT COUNT(*) FROM orders WHERE delivered_on >= '2026-11-09' AND delivered_on < '2026-11-16'",
    or: "SELECT COUNT(*) FROM orders WHERE status = 'delivered' AND delivered_on >= '2026-11-09' AND delivered_on < '2026-11-16'",
  },
  {
    ask: 'orders in the last 30 days',
    sql: "SELECT id FROM orders WHERE ordered_at >= '2026-10-21' AND ordered_at < '2026-11-21'",
  },
  {
    ask: 'how many orders between March and May 2025',
    sql: "SELECT COUNT(*) FROM orders WHERE ordered_at >= '2025-03-01' AND ordered_at < '2025-06-01'",
  },
  {
    ask: 'revenue in Q3 2026',
    sql: "SELECT SUM(total_amount) FROM orders WHERE ordered_at >= '2026-07-01' AND ordered_at < '2026-10-01'",
  },
  {
    ask: 'revenue per quarter',
    sql: "SELECT SUM(total_amount) FROM orders GROUP BY strftime('%Y', ordered_at), (strftime('%m', ordered_at) + 2) / 3",
  },
  {
    ask: 'orders per day in October 2026',
    sql: "SELECT date(ordered_at) d, COUNT(*) FROM orders WHERE ordered_at >= '2026-10-01' AND ordered_at < '2026-11-01' GROUP BY d",
  },
  {
    ask: 'customers who ordered more than 20 times',
    sql: 'SELECT c.first_name, c.last_name FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id HAVING COUNT(*) > 20',
  },
  {
    ask: 'customers with more than 15 orders',
    sql: 'SELECT c.first_name, c.last_name FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id HAVING COUNT(*) > 15',
  },
  {
    ask: 'how many products cost more than 1000?',
    sql: 'SELECT COUNT(*) FROM products WHERE price > 1000',
    or: 'SELECT COUNT(*) FROM products WHERE cost > 1000',
  },
  {
    ask: 'products that cost more than the average',
    sql: 'SELECT name FROM products WHERE price > (SELECT AVG(price) FROM products)',
    or: 'SELECT name FROM products WHERE cost > (SELECT AVG(cost) FROM products)',
  },
  {
    ask: 'highest and lowest price per category',
    sql: 'SELECT c.name, MAX(p.price), MIN(p.price) FROM products p JOIN categories c ON c.id = p.category_id GROUP BY c.id',
  },
  {
    ask: 'categories with more than 20 products',
    sql: 'SELECT c.name FROM categories c JOIN products p ON p.category_id = c.id GROUP BY c.id HAVING COUNT(*) > 20',
  },
  {
    ask: 'which category sells the most?',
    sql: 'SELECT c.name FROM categories c JOIN products p ON p.category_id = c.id JOIN order_items i ON i.product_id = p.id GROUP BY c.id ORDER BY SUM(i.quantity) DESC LIMIT 1',
    or: 'SELECT c.name FROM categories c JOIN products p ON p.category_id = c.id JOIN order_items i ON i.product_id = p.id GROUP BY c.id ORDER BY SUM(i.quantity * i.unit_price) DESC LIMIT 1',
  },
  {
    ask: 'units sold per category',
    sql: 'SELECT c.name, SUM(i.quantity) FROM categories c JOIN products p ON p.category_id = c.id JOIN order_items i ON i.product_id = p.id GROUP BY c.id',
  },
  {
    ask: 'total quantity sold of each product',
    sql: 'SELECT p.name, SUM(i.quantity) FROM products p JOIN order_items i ON i.product_id = p.id GROUP BY p.id',
  },
  {
    ask: 'revenue by category',
    sql: 'SELECT c.name, SUM(i.quantity * i.unit_price) FROM categories c JOIN products p ON p.category_id = c.id JOIN order_items i ON i.product_id = p.id GROUP BY c.id',
  },
  {
    ask: 'what is the total stock of electronics?',
    sql: "SELECT SUM(p.stock) FROM products p JOIN categories c ON c.id = p.category_id WHERE c.department = 'Electronics'",
  },
  { ask: 'inactive products', sql: 'SELECT name FROM products WHERE active = 0' },
  { ask: 'how many active products are there?', sql: 'SELECT COUNT(*) FROM products WHERE active = 1' },
  { ask: 'how many customers want the newsletter?', sql: 'SELECT COUNT(*) FROM customers WHERE newsletter = 1' },
  { ask: 'products with less than 10 in stock', sql: 'SELECT name, stock FROM products WHERE stock < 10' },
  {
    ask: 'list the names and prices of products in the Camping category',
    sql: "SELECT p.name, p.price FROM products p JOIN categories c ON c.id = p.category_id WHERE c.name = 'Camping'",
  },
  { ask: 'how many different cities do we ship to?', sql: 'SELECT COUNT(DISTINCT shipping_city) FROM orders' },
  {
    ask: 'average discount percent per channel',
    sql: 'SELECT o.channel, AVG(i.discount_percent) FROM order_items i JOIN orders o ON o.id = i.order_id GROUP BY o.channel',
  },
  {
    ask: 'number of new customers per month in 2025',
    sql: "SELECT strftime('%Y-%m', created_at) m, COUNT(*) FROM customers WHERE created_at >= '2025-01-01' AND created_at < '2026-01-01' GROUP BY m",
  },
  {
    ask: 'how much did customers from France spend in 2025?',
    sql: "SELECT SUM(o.total_amount) FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.country = 'France' AND o.ordered_at >= '2025-01-01' AND o.ordered_at < '2026-01-01'",
    or: "SELECT SUM(p.amount) FROM payments p JOIN orders o ON o.id = p.order_id JOIN customers c ON c.id = o.customer_id WHERE c.country = 'France' AND p.paid_at >= '2025-01-01' AND p.paid_at < '2026-01-01'",
  },
  { ask: 'average age of customers', sql: null },
  {
    ask: 'who is our oldest customer?',
    sql: 'SELECT first_name, last_name FROM customers WHERE birth_date IS NOT NULL ORDER BY birth_date LIMIT 1',
  },
  { ask: 'largest order ever', sql: 'SELECT id, total_amount FROM orders ORDER BY total_amount DESC LIMIT 1' },
  {
    ask: 'what was the largest order in 2025?',
    sql: "SELECT id FROM orders WHERE ordered_at >= '2025-01-01' AND ordered_at < '2026-01-01' ORDER BY total_amount DESC LIMIT 1",
    or: "SELECT MAX(total_amount) FROM orders WHERE ordered_at >= '2025-01-01' AND ordered_at < '2026-01-01'",
  },
  {
    ask: 'cancelled orders per month',
    sql: "SELECT strftime('%Y-%m', ordered_at) m, COUNT(*) FROM orders WHERE status = 'cancelled' GROUP BY m",
  },
  { ask: 'products that were never sold', sql: 'SELECT name FROM products WHERE id NOT IN (SELECT product_id FROM order_items)' },
  {
    ask: 'products that have never been returned',
    sql: 'SELECT name FROM products WHERE id NOT IN (SELECT i.product_id FROM returns r JOIN order_items i ON i.id = r.order_item_id)',
  },
  {
    ask: 'which products are returned most often?',
    sql: 'SELECT p.name FROM products p JOIN order_items i ON i.product_id = p.id JOIN returns r ON r.order_item_id = i.id GROUP BY p.id ORDER BY COUNT(*) DESC LIMIT 10',
    or: 'SELECT p.name FROM products p JOIN order_items i ON i.product_id = p.id JOIN returns r ON r.order_item_id = i.id GROUP BY p.id ORDER BY COUNT(*) DESC LIMIT 1',
    ties: true,
  },
  {
    ask: 'number of returns per product',
    sql: 'SELECT p.name, COUNT(*) FROM products p JOIN order_items i ON i.product_id = p.id JOIN returns r ON r.order_item_id = i.id GROUP BY p.id',
  },
  { ask: 'how many returns were rejected?', sql: "SELECT COUNT(*) FROM returns WHERE status = 'rejected'" },
  { ask: 'why did revenue fall last month?', sql: null },
  { ask: 'forecast revenue for next month', sql: null },
  { ask: 'what is our churn rate?', sql: null },
  { ask: 'which marketing campaign worked best?', sql: null },
  { ask: 'which employees sold the most?', sql: null },
  { ask: 'profit margin per product', sql: null },
  { ask: 'compare revenue of 2024 and 2025', sql: null },
  { ask: 'median order value', sql: null },
  { ask: 'orders that arrived late', sql: null },
  // asked after the grammar was mended for those above
  {
    ask: 'most popular products',
    sql: 'SELECT p.name FROM products p JOIN order_items i ON i.product_id = p.id GROUP BY p.id ORDER BY SUM(i.quantity) DESC LIMIT 10',
  },
  {
    ask: 'worst rated products',
    sql: 'SELECT name, rating FROM products WHERE rating IS NOT NULL ORDER BY rating LIMIT 10',
    ties: true,
  },
  {
    ask: 'which channel has the highest average order value',
    sql: 'SELECT channel FROM orders GROUP BY channel ORDER BY AVG(total_amount) DESC LIMIT 1',
  },
  { ask: 'share of business customers', sql: "SELECT 100.0 * SUM(segment = 'business') / COUNT(*) FROM customers" },
  {
    ask: 'how many customers ordered in 2025 but not in 2026',
    sql: "SELECT COUNT(*) FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE ordered_at LIKE '2025%') AND id NOT IN (SELECT customer_id FROM orders WHERE ordered_at LIKE '2026%')",
  },
  {
    ask: 'top 10 cities by revenue',
    sql: 'SELECT c.city, SUM(o.total_amount) r FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.city ORDER BY r DESC LIMIT 10',
    ordered: true,
  },
  { ask: 'top customers', sql: null },
  {
    ask: 'how many units did we sell in 2025',
    sql: "SELECT SUM(i.quantity) FROM order_items i JOIN orders o ON o.id = i.order_id WHERE o.ordered_at LIKE '2025%'",
  },
  {
    ask: 'units sold per month',
    sql: "SELECT strftime('%Y-%m', o.ordered_at) m, SUM(i.quantity) FROM order_items i JOIN orders o ON o.id = i.order_id GROUP BY m",
  },
  { ask: 'what is the total discount given', sql: null },
  {
    ask: 'total revenue of books',
    sql: "SELECT SUM(i.quantity * i.unit_price) FROM order_items i JOIN products p ON p.id = i.product_id JOIN categories c ON c.id = p.category_id WHERE c.name = 'Books'",
  },
  {
    ask: 'how many laptops were sold in 2025',
    sql: "SELECT SUM(i.quantity) FROM order_items i JOIN orders o ON o.id = i.order_id JOIN products p ON p.id = i.product_id JOIN categories c ON c.id = p.category_id WHERE c.name = 'Laptops' AND o.ordered_at LIKE '2025%'",
  },
  {
    ask: 'customers who did not order in 2025',
    sql: "SELECT first_name, last_name FROM customers WHERE id NOT IN (SELECT customer_id FROM orders WHERE ordered_at LIKE '2025%')",
  },
  {
    ask: 'average number of products per order',
    sql: 'SELECT AVG(n) FROM (SELECT COUNT(*) n FROM order_items GROUP BY order_id)',
  },
  {
    ask: 'revenue by channel for Germany in Q2 2026',
    sql: "SELECT channel, SUM(total_amount) FROM orders WHERE shipping_country = 'Germany' AND ordered_at >= '2026-04-01' AND ordered_at < '2026-07-01' GROUP BY channel",
  },
  {
    ask: 'books over 20 euros',
    sql: "SELECT p.name FROM products p JOIN categories c ON c.id = p.category_id WHERE c.name = 'Books' AND p.price > 20",
  },
  {
    ask: 'customers born after 2000',
    sql: "SELECT first_name, last_name, birth_date FROM customers WHERE birth_date >= '2001-01-01'",
  },
  { ask: 'revenue this year vs last year', sql: null },
];
